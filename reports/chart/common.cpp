// What several charts share.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

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
  const double margin = std::max(0.12 * span, std::min(1.1 * widest, 2 * span));
  Scale scale = linear_scale(100 * std::max(0.0, low - margin), 100 * std::min(1.0, high + margin),
                             from, to, 6);
  // Values stay shares; only the labels are percent.
  scale.low /= 100;
  scale.high /= 100;
  for (Tick& tick : scale.ticks) tick.value /= 100;
  return scale;
}

std::vector<bool> drawn_cells(const Analysis& analysis) {
  std::vector<bool> on_frontier(analysis.cells.size()), drawn(analysis.cells.size());
  for (const View& view : analysis.views) {
    for (const std::size_t i : view.frontier) on_frontier[view.rows[i].cell] = true;
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < analysis.cells.size(); ++i) {
    if (analysis.cells[i].selected) order.push_back(i);
  }
  const auto rank = [&](std::size_t i) {
    const double accuracy = analysis.cells[i].accuracy.mean;
    return std::make_pair(!on_frontier[i], std::isnan(accuracy) ? 0.0 : -accuracy);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  order.resize(std::min(order.size(), kMostDrawn));
  for (const std::size_t i : order) drawn[i] = true;
  return drawn;
}

std::string thinning_note(const Analysis& analysis) {
  const auto selected = std::count_if(analysis.cells.begin(), analysis.cells.end(),
                                      [](const Cell& cell) { return cell.selected; });
  if (static_cast<std::size_t>(selected) <= kMostDrawn) return {};
  return fmt::format("{} of {} cells are drawn: those on a frontier, then the most accurate.",
                     kMostDrawn, selected);
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
