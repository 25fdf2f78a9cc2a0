#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/chart/charts.hpp"
#include "reports/chart/placement.hpp"
#include "reports/chart/style.hpp"
#include "reports/text/escape.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
constexpr double kLeft = 52, kTop = 44, kBottom = 46, kLabels = 210;
constexpr double kLabelGap = 13;
constexpr std::size_t kLongestLabel = 30;
constexpr std::size_t kMostMarkers = 160;  // in a panel, spread over its lines
constexpr std::size_t kMostPoints = 4000;  // the same of the lines' corners
constexpr std::size_t kBandsUpTo = 6;      // with more lines, bands and seeds would hide each other

struct Axes {
  Scale x, y;
};

Axes axes_of(const Rect& plot, const LinePanel& panel, const std::vector<LineSeries>& series) {
  std::vector<double> xs;
  std::vector<Estimate> ys;
  for (const LineSeries& line : series) {
    for (const LinePoint& point : line.points) {
      if (!std::isfinite(point.x)) continue;
      xs.push_back(point.x);
      // Bands that are not drawn need no room.
      ys.push_back(series.size() > kBandsUpTo ? estimate({point.y.mean}) : point.y);
    }
  }
  Axes axes;
  axes.y = accuracy_scale(ys, plot.bottom(), plot.y);
  if (panel.log_x && !xs.empty()) {
    const auto [low, high] = std::minmax_element(xs.begin(), xs.end());
    axes.x = log_scale(*low / 1.25, *high * 1.25, plot.x, plot.right(), 6);
  } else if (panel.log_if_wide) {
    axes.x = magnitude_scale(xs, plot.x, plot.right(), 6);
  } else {
    const double high = xs.empty() ? 1 : *std::max_element(xs.begin(), xs.end());
    axes.x = linear_scale(0, high * 1.02, plot.x, plot.right(), 8);
  }
  return axes;
}

std::string marker_attributes(const LineSeries& line) {
  const std::string colour = series_colour(line.style);
  return fmt::format("fill=\"{}\" stroke=\"{}\" stroke-width=\"1.5\"",
                     line.nth % 2 == 1 ? "var(--panel)" : colour, colour);
}

/// One point in so many is shown where a panel of `lines` may have `most`.
std::size_t stride_of(const LineSeries& line, std::size_t lines, std::size_t most) {
  const std::size_t share = std::max<std::size_t>(most / lines, 1);
  return std::max<std::size_t>((line.points.size() + share - 1) / share, 1);
}

/// Whether point k is among them: counted from the last, which always is.
bool is_shown(const LineSeries& line, std::size_t k, std::size_t stride) {
  return (line.points.size() - 1 - k) % stride == 0;
}

template <class Height>
std::string polyline(const Axes& axes, const LineSeries& line, std::size_t stride, Height height) {
  std::string data;
  for (std::size_t k = 0; k < line.points.size(); ++k) {
    if (!is_shown(line, k, stride)) continue;
    const LinePoint& point = line.points[k];
    const double y = height(point);
    if (!std::isfinite(point.x) || !std::isfinite(y)) continue;
    data +=
        fmt::format("{}{} {}", data.empty() ? "M" : "L", pixel(axes.x(point.x)), pixel(axes.y(y)));
  }
  return data;
}

void draw_band(Svg& svg, const Axes& axes, const LineSeries& line) {
  std::string upper, lower;
  for (const LinePoint& point : line.points) {
    if (!point.y.ci || !std::isfinite(point.x)) continue;
    const std::string x = pixel(axes.x(point.x));
    upper += fmt::format("{}{} {}", upper.empty() ? "M" : "L", x, pixel(axes.y(point.y.ci->high)));
    lower = fmt::format("L{} {}", x, pixel(axes.y(point.y.ci->low))) + lower;
  }
  if (upper.empty()) return;
  svg.path(upper + lower + "Z",
           fmt::format("fill=\"{}\" fill-opacity=\".10\"", series_colour(line.style)));
}

void draw_seeds(Svg& svg, const Axes& axes, const LineSeries& line) {
  std::size_t seeds = 0;
  for (const LinePoint& point : line.points) seeds = std::max(seeds, point.y.values.size());
  if (seeds < 2) return;
  for (std::size_t s = 0; s < seeds; ++s) {
    const std::string data = polyline(axes, line, 1, [&](const LinePoint& point) {
      return s < point.y.values.size() ? point.y.values[s] : kUnknown;
    });
    svg.path(data,
             fmt::format("fill=\"none\" stroke=\"{}\" stroke-width=\".7\" stroke-opacity=\".45\"",
                         series_colour(line.style)));
  }
}

void draw_mean(Svg& svg, const Axes& axes, const LinePanel& panel, const LineSeries& line,
               std::size_t lines) {
  const std::string colour = series_colour(line.style);
  svg.path(polyline(axes, line, stride_of(line, lines, kMostPoints),
                    [](const LinePoint& point) { return point.y.mean; }),
           fmt::format("fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\" stroke-dasharray=\"{}\"",
                       colour, series_dash(line.style + line.nth)));
  const std::size_t stride = stride_of(line, lines, kMostMarkers);
  for (std::size_t k = 0; k < line.points.size(); ++k) {
    const LinePoint& point = line.points[k];
    if (!is_shown(line, k, stride) || !std::isfinite(point.x) || !point.y.known()) continue;
    const double x = axes.x(point.x), y = axes.y(point.y.mean);
    if (point.ring) {
      svg.path(marker_path(0, x, y, 15),
               "fill=\"none\" stroke=\"var(--accent)\" stroke-width=\"1.5\"");
    }
    svg.path(marker_path(line.style, x, y, line.points.size() > 12 ? 4 : 6.5),
             marker_attributes(line),
             fmt::format("{}: {} % at {} {}", line.label, percent_with_ci(point.y),
                         compact(point.x, 4), panel.x_title));
  }
}

const LinePoint* last_point(const LineSeries& line) {
  const LinePoint* last = nullptr;
  for (const LinePoint& point : line.points) {
    if (std::isfinite(point.x) && point.y.known() && (!last || point.x >= last->x)) last = &point;
  }
  return last;
}

void draw_end_labels(Svg& svg, const Rect& plot, const Axes& axes,
                     const std::vector<LineSeries>& series) {
  std::vector<const LineSeries*> lines;
  std::vector<double> wanted;
  for (const LineSeries& line : series) {
    const LinePoint* last = last_point(line);
    if (!last) continue;
    lines.push_back(&line);
    wanted.push_back(axes.y(last->y.mean));
  }
  // More labels than fit would cover each other; the points carry titles, and the table names all.
  if (static_cast<double>(lines.size()) * (kLabelGap - 1) > plot.height + kLabelGap) return;
  const std::vector<double> heights = spread(wanted, kLabelGap, plot.y, plot.bottom());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const double end = axes.x(last_point(*lines[i])->x), x = plot.right() + 22;
    svg.path(
        fmt::format("M{} {}L{} {}L{} {}", pixel(end + 5), pixel(wanted[i]),
                    pixel(std::max(plot.right(), end + 5)), pixel(wanted[i]), pixel(x - 6),
                    pixel(heights[i])),
        fmt::format("fill=\"none\" stroke=\"{}\" stroke-width=\".8\" stroke-opacity=\".7\" "
                    "stroke-dasharray=\"{}\"",
                    series_colour(lines[i]->style), series_dash(lines[i]->style + lines[i]->nth)));
    svg.path(marker_path(lines[i]->style, x, heights[i], 7), marker_attributes(*lines[i]));
    svg.text(x + 9, heights[i] + 4, shorten(plain(lines[i]->label), kLongestLabel));
  }
}
}  // namespace

void draw_lines(Svg& svg, const Rect& area, const LinePanel& panel,
                const std::vector<LineSeries>& series) {
  const Rect plot{area.x + kLeft, area.y + kTop, area.width - kLeft - kLabels,
                  area.height - kTop - kBottom};
  const Axes axes = axes_of(plot, panel, series);
  svg.text(plot.x, area.y + 18, panel.title, Anchor::start, "t");
  draw_axes(svg, plot, axes.x, axes.y, panel.x_title + (axes.x.log ? ", log" : ""), panel.y_title);
  svg.open_clipped({plot.x, plot.y - 6, plot.width + 6, plot.height + 12}, panel.id + "-clip");
  for (const LineSeries& line : series) {
    if (series.size() > kBandsUpTo) break;
    draw_band(svg, axes, line);
    draw_seeds(svg, axes, line);
  }
  for (const LineSeries& line : series) draw_mean(svg, axes, panel, line, series.size());
  svg.close();
  draw_end_labels(svg, plot, axes, series);
}

}  // namespace lockstep
