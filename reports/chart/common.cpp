// What several charts share.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/chart/charts.hpp"
#include "reports/chart/style.hpp"

namespace lockstep {

Scale accuracy_scale(const std::vector<Estimate>& values, double from, double to) {
  double low = INFINITY, high = -INFINITY, widest = 0;
  for (const Estimate& value : values) {
    if (!value.known()) continue;
    low = std::min(low, value.mean);
    high = std::max(high, value.mean);
    if (value.ci) widest = std::max(widest, (value.ci->high - value.ci->low) / 2);
  }
  if (!(low <= high)) low = 0, high = 1;
  const double span = std::max(high - low, 0.005);
  const double margin = std::max(0.12 * span, std::min(1.1 * widest, 0.5 * span));
  Scale scale = linear_scale(100 * std::max(0.0, low - margin), 100 * std::min(1.0, high + margin),
                             from, to, 6);
  // Values stay shares; only the labels are percent.
  scale.low /= 100;
  scale.high /= 100;
  for (Tick& tick : scale.ticks) tick.value /= 100;
  return scale;
}

double draw_legend(Svg& svg, const Analysis& analysis, double x, double y, bool hollow) {
  for (std::size_t i = 0; i < analysis.algorithms.size(); ++i) {
    const std::size_t style = analysis.algorithm_style[i];
    const std::string colour = series_colour(style);
    svg.path(marker_path(style, x + 5, y - 4, 9),
             fmt::format("fill=\"{}\" stroke=\"{}\" stroke-width=\"2\"",
                         hollow ? "var(--bg)" : colour, colour));
    svg.text(x + 15, y, analysis.algorithms[i]);
    x += 15 + text_width(analysis.algorithms[i]) + 14;
  }
  return x;
}

}  // namespace lockstep
