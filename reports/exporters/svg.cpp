#include "reports/chart/charts.hpp"
#include "reports/exporters/exporters.hpp"
#include "reports/text/escape.hpp"

namespace lockstep {

std::string render_svg(const Analysis& analysis) {
  std::string chart = frontier_chart(analysis, true);
  const std::size_t end = chart.rfind("</svg>");
  if (end != std::string::npos)
    chart.insert(end, "<metadata>" + escape_xml(analysis.stamp) + "</metadata>\n");
  return chart;
}

}  // namespace lockstep
