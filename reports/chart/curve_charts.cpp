// Learning curves, and sensitivity to what is tuned.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "reports/chart/charts.hpp"

namespace lockstep {

namespace {
constexpr double kWidth = 900, kHeight = 310, kPerLabel = 13, kMargins = 96, kTallest = 640;

/// High enough for a label per line, within reason.
double panel_height(std::size_t lines) {
  return std::clamp(kMargins + kPerLabel * static_cast<double>(lines), kHeight, kTallest);
}

void number_lines(std::vector<LineSeries>& series) {
  std::map<std::size_t, std::size_t> seen;
  for (LineSeries& line : series) line.nth = seen[line.style]++;
}

template <class Position>
std::vector<LineSeries> curve_series(const Analysis& analysis, Position position) {
  std::vector<LineSeries> series;
  const std::vector<bool> drawn = drawn_cells(analysis);
  for (const Curve& curve : analysis.curves) {
    if (!drawn[curve.cell]) continue;
    const Cell& cell = analysis.cells[curve.cell];
    LineSeries line{cell.short_label, analysis.algorithm_style[cell.algorithm_index], 0, {}};
    for (const CurvePoint& point : curve.points)
      line.points.push_back({position(point), point.accuracy, false});
    series.push_back(std::move(line));
  }
  number_lines(series);
  return series;
}

bool any_positive(const std::vector<LineSeries>& series) {
  for (const LineSeries& line : series) {
    for (const LinePoint& point : line.points) {
      if (point.x > 0) return true;
    }
  }
  return false;
}

/// Tuning groups whose selected cell is drawn, and those that have none.
std::set<std::string> drawn_groups(const Analysis& analysis) {
  const std::vector<bool> drawn = drawn_cells(analysis);
  std::set<std::string> groups, left_out;
  for (std::size_t i = 0; i < analysis.cells.size(); ++i) {
    const Cell& cell = analysis.cells[i];
    (cell.selected && !drawn[i] ? left_out : groups).insert(cell.group);
  }
  for (const std::string& group : left_out) groups.erase(group);
  return groups;
}

std::optional<double> number_from(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}
}  // namespace

std::string curves_chart(const Analysis& analysis, bool standalone) {
  const std::string y_title = "validation accuracy [%]";
  std::vector<std::pair<LinePanel, std::vector<LineSeries>>> panels;
  panels.push_back({{"curves-epoch", "against samples", "epoch", y_title},
                    curve_series(analysis, [](const CurvePoint& p) { return p.epoch; })});
  auto by_time = curve_series(analysis, [](const CurvePoint& p) { return p.time; });
  if (!analysis.views.empty() && any_positive(by_time)) {
    const View& view = analysis.views.front();
    panels.push_back(
        {{"curves-time", fmt::format("against {}: {}, {}", view.time, view.title, view.clock_name),
          view.time + " [s], " + view.clock_name, y_title, false, true},
         std::move(by_time)});
  }
  auto by_bytes = curve_series(analysis, [](const CurvePoint& p) {
    return p.bytes > 0 ? p.bytes / 1e6 : kUnknown;  // nothing sent yet has no place on a log axis
  });
  if (any_positive(by_bytes)) {
    panels.push_back(
        {{"curves-bytes", "against communication", "MB sent per worker", y_title, false, true},
         std::move(by_bytes)});
  }
  const double height = panel_height(std::min(analysis.curves.size(), kMostDrawn));
  Svg svg(kWidth, height * static_cast<double>(panels.size()));
  for (std::size_t i = 0; i < panels.size(); ++i) {
    draw_lines(svg, {0, height * static_cast<double>(i), kWidth, height}, panels[i].first,
               panels[i].second);
  }
  return svg.finish("curves", analysis.study + ": learning curves",
                    "Validation accuracy of the selected cells while they train; mean over seeds, "
                    "with 95 % bands and "
                    "single seeds where there are few lines.",
                    standalone);
}

std::string tuning_chart(const Analysis& analysis, bool standalone) {
  if (analysis.report.select.size() != 1) return {};
  const std::string& name = analysis.report.select.front();
  std::map<std::string, std::size_t> place;  // tuning group -> line
  const std::set<std::string> drawn = drawn_groups(analysis);
  std::vector<LineSeries> lines;
  double low = INFINITY, high = 0;
  for (const Cell& cell : analysis.cells) {
    const auto text = cell.parameters.find(name);
    const auto value = text == cell.parameters.end() ? std::nullopt : number_from(text->second);
    if (!value || !cell.val_accuracy.known() || cell.diverged > 0) continue;
    if (drawn.count(cell.group) == 0) continue;
    const auto [found, first] = place.emplace(cell.group, lines.size());
    if (first)
      lines.push_back({cell.short_label, analysis.algorithm_style[cell.algorithm_index], 0, {}});
    lines[found->second].points.push_back({*value, cell.val_accuracy, cell.selected});
    low = std::min(low, *value);
    high = std::max(high, *value);
  }
  if (!(high > low)) return {};
  number_lines(lines);
  for (LineSeries& line : lines) {
    std::sort(line.points.begin(), line.points.end(),
              [](const auto& a, const auto& b) { return a.x < b.x; });
  }
  const double height = panel_height(lines.size()) + 20;
  Svg svg(kWidth, height);
  draw_lines(svg, {0, 0, kWidth, height},
             {"tuning", "sensitivity to " + name + " (ring: selected)", name,
              "validation accuracy [%]", low > 0, false},
             lines);
  return svg.finish(
      "tuning", analysis.study + ": sensitivity to " + name,
      "Validation accuracy at the end of training against the tuned parameter, one line per tuning "
      "group. Cells with a diverged seed are left out.",
      standalone);
}

}  // namespace lockstep
