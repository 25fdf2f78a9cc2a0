#include "reports/exporters/exporters.hpp"
#include "reports/report.hpp"

namespace lockstep {

std::vector<Exporter> builtin_exporters() {
  return {
      {"markdown", "report.md", "Tables and text for people and code review.", render_markdown},
      {"csv", "report.csv", "One row per cell, clock and network.", render_csv},
      {"json", "report.json", "Everything in the report, for programs.", render_json},
      {"svg", "frontier.svg", "The frontier plot; follows the viewer's light or dark theme.",
       render_svg},
      {"latex", "report.tex", "Tables of results for a paper, with booktabs.", render_latex},
      {"html", "report.html", "One self-contained page with all plots and tables.", render_html},
  };
}

}  // namespace lockstep
