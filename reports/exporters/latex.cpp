// The tables of results for a paper: one `table` each, rules of booktabs. To be \input.
#include <fmt/format.h>

#include "reports/exporters/exporters.hpp"
#include "reports/exporters/sections.hpp"
#include "reports/text/banner.hpp"
#include "reports/text/escape.hpp"

namespace lockstep {

namespace {
std::string comment(const std::string& text) { return "% " + plain(text) + "\n"; }

std::string render(const Section& section, const std::string& banner) {
  std::string out;
  for (std::size_t i = 0; i < section.tables.size(); ++i) {
    const Table& table = section.tables[i];
    std::string caption = section.title;
    if (!table.caption.empty()) caption += ": " + table.caption;
    caption += banner.empty() ? "." : ". " + banner + ".";
    out += fmt::format(
        "\n\\begin{{table}}\n\\centering\n\\caption{{{}}}\n\\label{{tab:{}-{}}}\n{}\\end{{table}}"
        "\n",
        escape_latex(caption), section.id, i + 1, latex_tabular(table));
  }
  for (const std::string& command : section.commands) out += comment(command);
  return out;
}
}  // namespace

std::string render_latex(const Analysis& analysis) {
  std::string out = comment(analysis.study + ": tables of results. Needs \\usepackage{booktabs}.") +
                    comment(analysis.stamp);
  for (const Notice& notice : analysis.notices)
    out += comment(fmt::format("{} ({}): {}",
                               notice.level == Notice::Level::problem ? "Problem" : "Warning",
                               notice.kind, notice.text));
  const std::string banner = short_banner_of(analysis);
  for (const auto& make : {frontier_section, price_section, attainment_section, difference_section,
                           effect_section, power_section, target_section, hypervolume_section,
                           break_even_section, clock_check_section}) {
    out += render(make(analysis), banner);
  }
  return out;
}

}  // namespace lockstep
