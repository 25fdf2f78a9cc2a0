#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "reports/chart/charts.hpp"
#include "reports/chart/placement.hpp"
#include "reports/chart/style.hpp"
#include "reports/text/banner.hpp"
#include "reports/text/escape.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
constexpr double kWide = 860, kNarrow = 470, kHigh = 380, kHeader = 64;
constexpr double kLeft = 52, kRight = 14, kTop = 48, kBottom = 46;
constexpr double kMarker = 10, kSmallMarker = 5;
constexpr std::size_t kMostBarred = 60;
constexpr std::size_t kLongestLabel = 34;
constexpr double kMostForDominated = 38;  // beyond it a dominated cell goes without a label

/// What the x of a panel is, of every row and of the view's frontier in that plane.
struct Across {
  Estimate ViewRow::*cost;
  bool ViewRow::*member;
  std::vector<std::size_t> View::*frontier;
};
constexpr Across kTime{&ViewRow::time, &ViewRow::on_frontier, &View::frontier};
constexpr Across kPrice{&ViewRow::price, &ViewRow::on_price_frontier, &View::price_frontier};

/// One panel with everything that its parts need.
struct Panel {
  const Analysis& analysis;
  const View& view;
  const Across& across;
  std::string id;
  Rect plot;
  Scale x, y;
  std::vector<std::size_t> rows;  // plotted, into view.rows

  const ViewRow& row(std::size_t i) const { return view.rows[i]; }
  const Cell& cell(std::size_t i) const { return analysis.cells[view.rows[i].cell]; }
  bool by_price() const { return &across == &kPrice; }
  const Estimate& cost(std::size_t i) const { return row(i).*across.cost; }
  bool on_frontier(std::size_t i) const { return row(i).*across.member; }
  const std::vector<std::size_t>& frontier() const { return view.*across.frontier; }
  double px(std::size_t i) const { return x(cost(i).mean); }
  double py(std::size_t i) const { return y(cell(i).accuracy.mean); }
  std::size_t style(std::size_t i) const {
    return analysis.algorithm_style[cell(i).algorithm_index];
  }
};

std::vector<std::size_t> plotted_rows(const Analysis& analysis, const View& view) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < view.rows.size(); ++i) {
    const Cell& cell = analysis.cells[view.rows[i].cell];
    if (cell.selected && cell.accuracy.known() && view.rows[i].time.known()) rows.push_back(i);
  }
  return rows;
}

std::vector<Estimate> accuracies(const Analysis& analysis) {
  std::vector<Estimate> values;
  for (const Cell& cell : analysis.cells) {
    if (cell.selected && cell.accuracy.known()) values.push_back(cell.accuracy);
  }
  return values;
}

Panel make_panel(const Analysis& analysis, std::size_t v, const Across& across, const Rect& area) {
  const View& view = analysis.views[v];
  const Rect plot{area.x + kLeft, area.y + kTop, area.width - kLeft - kRight,
                  area.height - kTop - kBottom};
  const char* name = &across == &kPrice ? "price-frontier" : "frontier";
  Panel panel{analysis, view, across, fmt::format("{}-{}", name, v),
              plot,     {},   {},     plotted_rows(analysis, view)};
  std::vector<double> costs;
  for (const std::size_t i : panel.rows) costs.push_back(panel.cost(i).mean);
  panel.x = magnitude_scale(costs, plot.x, plot.right(), 6);
  panel.y = accuracy_scale(accuracies(analysis), plot.bottom(), plot.y);
  return panel;
}

/// Corners as a step line: later is no worse, so it goes right first, then up.
std::string steps(const Panel& panel, const std::vector<Point>& corners, bool to_edge) {
  std::string data;
  for (const Point& corner : corners) {
    const std::string px = pixel(panel.x(corner.time)), py = pixel(panel.y(corner.accuracy));
    data += data.empty() ? fmt::format("M{} {}", px, py) : fmt::format("H{}V{}", px, py);
  }
  if (to_edge && !data.empty()) data += fmt::format("H{}", pixel(panel.plot.right()));
  return data;
}

void draw_band(Svg& svg, const Panel& panel) {
  const auto& best = panel.view.best;
  const auto& worst = panel.view.worst;
  if (best.empty() || worst.empty()) return;
  std::string data = fmt::format("M{} {}V{}", pixel(panel.x(best.front().time)),
                                 pixel(panel.plot.bottom()), pixel(panel.y(best.front().accuracy)));
  data += "L" + steps(panel, best, true).substr(1);
  for (std::size_t k = worst.size(); k-- > 0;) {
    data += fmt::format("V{}H{}", pixel(panel.y(worst[k].accuracy)), pixel(panel.x(worst[k].time)));
  }
  data += fmt::format("V{}Z", pixel(panel.plot.bottom()));
  svg.path(data, "fill=\"var(--accent)\" fill-opacity=\".13\"",
           fmt::format("attainment: best to worst over {} seeds", panel.view.surface_seeds));
}

/// With two seeds the median is the band's own edge.
void draw_median(Svg& svg, const Panel& panel) {
  if (panel.view.middle.empty() || panel.view.surface_seeds < 3) return;
  svg.path(steps(panel, panel.view.middle, true),
           "fill=\"none\" stroke=\"var(--accent)\" stroke-dasharray=\"4 3\"",
           fmt::format("attainment: median over {} seeds", panel.view.surface_seeds));
}

void draw_line(Svg& svg, const Panel& panel) {
  std::vector<Point> corners;
  for (const std::size_t i : panel.frontier()) {
    corners.push_back({panel.cost(i).mean, panel.cell(i).accuracy.mean});
  }
  svg.path(steps(panel, corners, true),
           "fill=\"none\" stroke=\"var(--accent)\" stroke-width=\"1.6\"");
}

void draw_bars(Svg& svg, const Panel& panel, std::size_t i) {
  const double x = panel.px(i), y = panel.py(i);
  if (const auto& ci = panel.cell(i).accuracy.ci) {
    svg.path(
        fmt::format("M{0} {1}V{2}", pixel(x), pixel(panel.y(ci->low)), pixel(panel.y(ci->high))),
        fmt::format("stroke=\"{}\" stroke-width=\"1.2\"", series_colour(panel.style(i))));
  }
  if (const auto& ci = panel.cost(i).ci; ci && ci->high > ci->low) {
    svg.path(fmt::format("M{0} {1}H{2}", pixel(panel.x(std::max(ci->low, panel.x.low))), pixel(y),
                         pixel(panel.x(ci->high))),
             fmt::format("stroke=\"{}\" stroke-width=\"1.2\"", series_colour(panel.style(i))));
  }
}

std::string tip_of(const Panel& panel, std::size_t i) {
  const Cell& cell = panel.cell(i);
  const auto& price = panel.analysis.report.price;
  const std::string cost =
      panel.by_price() ? fmt::format("{} {}, {} workers", significant(panel.cost(i).mean, 3),
                                     price->currency, cell.workers)
                       : seconds_with_ci(panel.row(i).time);
  return fmt::format("{}: test {} %, {} ({}), n = {}{}", cell.label, percent_with_ci(cell.accuracy),
                     cost, panel.view.clock_name, cell.accuracy.n(),
                     panel.on_frontier(i) ? ", on the frontier" : "");
}

/// So many dominated cells that bars and titles would be a fog, and most of the file.
bool is_crowded(const Analysis& analysis, const View& view, const Across& across) {
  return plotted_rows(analysis, view).size() - (view.*across.frontier).size() > kMostBarred;
}
bool is_crowded(const Panel& panel) { return is_crowded(panel.analysis, panel.view, panel.across); }

void draw_crowd(Svg& svg, const Panel& panel) {
  std::map<std::size_t, std::string> marks;  // by style
  for (const std::size_t i : panel.rows) {
    if (panel.on_frontier(i)) continue;
    marks[panel.style(i)] += marker_path(panel.style(i), panel.px(i), panel.py(i), kSmallMarker);
  }
  svg.open("opacity=\".4\"");
  for (const auto& [style, data] : marks)
    svg.path(data, fmt::format("fill=\"none\" stroke=\"{}\"", series_colour(style)));
  svg.close();
}

void draw_points(Svg& svg, const Panel& panel, bool on_frontier) {
  if (!on_frontier && is_crowded(panel)) return draw_crowd(svg, panel);
  svg.open(on_frontier ? "class=\"front\"" : "opacity=\".6\"");
  const char* fill = panel.view.clock == "simulated" ? "var(--panel)" : "";
  for (const std::size_t i : panel.rows) {
    if (panel.on_frontier(i) != on_frontier) continue;
    draw_bars(svg, panel, i);
    const std::string colour = series_colour(panel.style(i));
    svg.path(
        marker_path(panel.style(i), panel.px(i), panel.py(i), kMarker),
        fmt::format("fill=\"{}\" stroke=\"{}\" stroke-width=\"2\"", *fill ? fill : colour, colour),
        tip_of(panel, i));
  }
  svg.close();
}

LabelPlacer obstacles(const Panel& panel) {
  LabelPlacer placer(panel.plot);
  const auto& front = panel.frontier();
  for (const std::size_t i : panel.rows) {
    const double x = panel.px(i), y = panel.py(i);
    placer.mark(x, y, kMarker + 2);
    if (const auto& ci = panel.cell(i).accuracy.ci)
      placer.discourage(x, panel.y(ci->low), x, panel.y(ci->high));
  }
  for (std::size_t k = 0; k < front.size(); ++k) {
    const double x = panel.px(front[k]), y = panel.py(front[k]);
    const double next = k + 1 < front.size() ? panel.px(front[k + 1]) : panel.plot.right();
    placer.discourage(x, y, next, y);
    if (k + 1 < front.size()) placer.discourage(next, y, next, panel.py(front[k + 1]));
  }
  return placer;
}

void draw_label(Svg& svg, const Panel& panel, LabelPlacer& placer, std::size_t i, const char* css,
                double most) {
  const std::string label = shorten(plain(panel.cell(i).short_label), kLongestLabel);
  const double x = panel.px(i), y = panel.py(i);
  const auto placed = placer.place(x, y, label, most);
  if (!placed) return;
  if (placed->leader) {
    svg.line(x, y, std::clamp(x, placed->box.x, placed->box.right()),
             std::clamp(y, placed->box.y, placed->box.bottom()), "lead");
  }
  svg.text(placed->x, placed->y, label, Anchor::start, css);
}

/// The frontier's labels first; dominated cells are named where there is room.
void draw_labels(Svg& svg, const Panel& panel) {
  LabelPlacer placer = obstacles(panel);
  for (const std::size_t i : panel.frontier()) draw_label(svg, panel, placer, i, "halo", INFINITY);
  if (is_crowded(panel)) return;
  for (const std::size_t i : panel.rows) {
    if (!panel.on_frontier(i)) draw_label(svg, panel, placer, i, "halo q", kMostForDominated);
  }
}

void draw_panel(Svg& svg, const Panel& panel, const Rect& area) {
  svg.text(area.x + kLeft, area.y + 16, panel.view.title, Anchor::start, "t");
  svg.text(area.right() - kRight, area.y + 16, panel.view.clock_name, Anchor::end, "q");
  const std::string cost =
      panel.by_price()
          ? fmt::format("price [{}] of {}", panel.analysis.report.price->currency, panel.view.time)
          : panel.view.time + " [s]";
  const std::string x_title =
      fmt::format("{}, {}{} (less is better)", cost, panel.view.clock, panel.x.log ? ", log" : "");
  draw_axes(svg, panel.plot, panel.x, panel.y, x_title, "test accuracy [%] (more is better)");
  if (panel.rows.empty()) {
    svg.text(panel.plot.x + panel.plot.width / 2, panel.plot.y + panel.plot.height / 2,
             "no cell has both a time and a test accuracy", Anchor::middle, "q");
    return;
  }
  svg.open_clipped(panel.plot, panel.id + "-clip");
  if (!panel.by_price()) {
    draw_band(svg, panel);
    draw_median(svg, panel);
  }
  draw_line(svg, panel);
  draw_points(svg, panel, false);
  draw_points(svg, panel, true);
  svg.close();
  draw_labels(svg, panel);
}

void draw_key(Svg& svg, const Analysis& analysis) {
  const bool simulated = std::any_of(analysis.views.begin(), analysis.views.end(),
                                     [](const View& view) { return view.clock == "simulated"; });
  double x = draw_legend(svg, analysis, kLeft, 40, simulated);
  svg.path(fmt::format("M{} 36h8v-6h8", pixel(x)),
           "fill=\"none\" stroke=\"var(--accent)\" stroke-width=\"1.6\"");
  svg.text(x + 22, 40, "frontier", Anchor::start, "q");
  std::string note = "dimmed: dominated";
  if (simulated) note += " · hollow: simulated clock";
  const auto banded = [](const View& view) { return !view.best.empty() && !view.worst.empty(); };
  if (std::any_of(analysis.views.begin(), analysis.views.end(), banded)) {
    note += " · band: attainment, best to worst over seeds; dashed: median";
  }
  const auto crowded = [&](const View& view) { return is_crowded(analysis, view, kTime); };
  const bool some = std::any_of(analysis.views.begin(), analysis.views.end(), crowded);
  note += fmt::format(" · bars{}: 95 % intervals over seeds", some ? " (frontier only)" : "");
  svg.text(kLeft, 58, note, Anchor::start, "q");
}

/// "training time", unless the views sum different times.
const char* time_of(const Analysis& analysis) {
  return analysis.report.time == TimeSum::productive ? "training time" : "time";
}

std::string description(const Analysis& analysis) {
  std::string text =
      fmt::format("Test accuracy against {} of the selected cells.", time_of(analysis));
  for (const View& view : analysis.views) {
    text += fmt::format(" {} ({}), frontier by rising time:", view.title, view.clock_name);
    for (const std::size_t i : view.frontier) {
      const Cell& cell = analysis.cells[view.rows[i].cell];
      text += fmt::format(" {} {} % in {};", cell.short_label, percent(cell.accuracy.mean),
                          seconds(view.rows[i].time.mean));
    }
    if (!analysis.report.price) continue;
    text += " By rising price:";
    for (const std::size_t i : view.price_frontier) {
      const Cell& cell = analysis.cells[view.rows[i].cell];
      text += fmt::format(" {} {} % for {} {};", cell.short_label, percent(cell.accuracy.mean),
                          significant(view.rows[i].price.mean, 3), analysis.report.price->currency);
    }
  }
  const std::string banner = banner_of(analysis);
  return banner.empty() ? text : text + " " + banner + ".";
}
}  // namespace

std::string frontier_chart(const Analysis& analysis, bool standalone) {
  // With a price, each view has a panel for time and one beside it for price.
  const std::size_t each = analysis.report.price ? 2 : 1, n = each * analysis.views.size();
  const std::size_t across = n > 1 ? 2 : 1,
                    down = std::max<std::size_t>((n + across - 1) / across, 1);
  const double width = n > 1 ? kNarrow : kWide;
  const std::string what =
      std::string(time_of(analysis)) + (analysis.report.price ? " and price" : "");
  Svg svg(width * static_cast<double>(across), kHeader + kHigh * static_cast<double>(down));
  svg.text(kLeft, 20, fmt::format("{}: accuracy against {}", analysis.study, what), Anchor::start,
           "t");
  if (standalone && !analysis.notices.empty())
    svg.text(width * static_cast<double>(across) - kRight, 20,
             short_banner_of(analysis) + ": see the report", Anchor::end, "q");
  draw_key(svg, analysis);
  for (std::size_t v = 0; v < n; ++v) {
    const Rect area{width * static_cast<double>(v % across),
                    kHeader + kHigh * static_cast<double>(v / across), width, kHigh};
    const Across& of = v % each == 0 ? kTime : kPrice;
    draw_panel(svg, make_panel(analysis, v / each, of, area), area);
  }
  if (n == 0)
    svg.text(kLeft, kHeader + 40, "There is no clock to draw on: see the notices.", Anchor::start,
             "q");
  return svg.finish("frontier", analysis.study + ": frontier of accuracy against " + what,
                    description(analysis), standalone);
}

}  // namespace lockstep
