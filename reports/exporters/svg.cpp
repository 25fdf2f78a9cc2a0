#include "reports/chart/charts.hpp"
#include "reports/exporters/exporters.hpp"

namespace lockstep {

std::string render_svg(const Analysis& analysis) { return frontier_chart(analysis, true); }

}  // namespace lockstep
