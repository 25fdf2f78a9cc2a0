// The pictures of a report: Analysis -> SVG. `standalone` files carry their own colours; those in a
// page take the page's. `id` makes ids unique where several share a page.
#pragma once

#include <string>

#include "reports/analysis.hpp"
#include "reports/chart/scale.hpp"
#include "reports/chart/svg.hpp"

namespace lockstep {

/// Accuracy against time, one panel per clock and network: step line of the frontier, dominated
/// cells dimmed, error bars, the band between best and worst attainment over seeds, labels at the
/// points. Simulated points are hollow and say so.
std::string frontier_chart(const Analysis& analysis, bool standalone);

/// Validation accuracy over epochs, time on the first view, and bytes sent.
std::string curves_chart(const Analysis& analysis, bool standalone);

/// Validation accuracy against the tuned parameter, per tuning group. Empty unless one number is
/// tuned.
std::string tuning_chart(const Analysis& analysis, bool standalone);

/// Bars of compute, waiting and communication per selected cell, one panel per view.
std::string breakdown_chart(const Analysis& analysis, bool standalone);

/// Selected cells that are drawn as lines or bars, one for each Analysis::cells: all of them up to
/// kMostDrawn; beyond that those on a frontier, then the most accurate.
inline constexpr std::size_t kMostDrawn = 40;
std::vector<bool> drawn_cells(const Analysis& analysis);
/// What was left out, in words; empty where nothing was.
std::string thinning_note(const Analysis& analysis);

/// A line of a line chart; its label stands at its end.
struct LinePoint {
  double x = 0;
  Estimate y;
  bool ring = false;  ///< marked with a larger ring
};
struct LineSeries {
  std::string label;
  std::size_t style = 0;
  std::size_t nth = 0;  ///< of its style: such lines differ in dash and filling
  std::vector<LinePoint> points;
};
struct LinePanel {
  std::string id, title, x_title, y_title;
  bool log_x = false;
  bool log_if_wide = false;  ///< logarithmic x where the values span more than a factor of 3
};
/// Draws one panel into `svg`, inside `area`. Accuracies are shares of 1.
void draw_lines(Svg& svg, const Rect& area, const LinePanel& panel,
                const std::vector<LineSeries>& series);

/// An accuracy axis (in percent) that shows all means, and intervals as far as they do not squeeze
/// the means.
Scale accuracy_scale(const std::vector<Estimate>& values, double from, double to);

/// Legend of the algorithms' markers in one row from (x, y). Returns the x where it ends.
double draw_legend(Svg& svg, const Analysis& analysis, double x, double y, bool hollow);

}  // namespace lockstep
