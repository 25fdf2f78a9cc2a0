// Where the time goes: one bar per selected cell and view.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "reports/chart/charts.hpp"
#include "reports/chart/style.hpp"
#include "reports/text/escape.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
constexpr double kWidth = 900, kNames = 230, kRight = 80, kBar = 13, kPitch = 22, kPanelTop = 34,
                 kPanelBottom = 46;
constexpr double kHeader = 30;
constexpr std::size_t kLongestLabel = 32;
const std::array<const char*, kParts> kNamesOfParts{"data", "compute", "waiting", "communication",
                                                    "other"};

std::array<double, kParts> parts_of(const TimeParts& parts) {
  return {parts.data, parts.compute, parts.wait, parts.exposed, std::max(0.0, parts.other)};
}

std::vector<const ViewRow*> rows_of(const Analysis& analysis, const View& view) {
  std::vector<const ViewRow*> rows;
  const std::vector<bool> drawn = drawn_cells(analysis);
  for (const ViewRow& row : view.rows) {
    if (drawn[row.cell] && row.time.known()) rows.push_back(&row);
  }
  return rows;
}

double panel_height(const Analysis& analysis, const View& view) {
  return kPanelTop + kPitch * static_cast<double>(rows_of(analysis, view).size()) + kPanelBottom;
}

void draw_bar(Svg& svg, const Analysis& analysis, const ViewRow& row, const Scale& x, double y) {
  const Cell& cell = analysis.cells[row.cell];
  svg.text(kNames - 8, y + kBar - 3, shorten(plain(cell.short_label), kLongestLabel), Anchor::end);
  const std::array<double, kParts> parts = parts_of(row.parts);
  double from = 0;
  for (std::size_t p = 0; p < kParts; ++p) {
    if (parts[p] <= 0) continue;
    const Rect box{x(from), y, x(from + parts[p]) - x(from), kBar};
    svg.rect(box, fmt::format("fill=\"var(--part{})\" stroke=\"var(--bg)\"", p),
             fmt::format("{}: {} {}", cell.label, kNamesOfParts[p], seconds(parts[p])));
    from += parts[p];
  }
  if (row.parts.hidden > 0) {
    svg.rect({x(parts[0]), y + kBar, x(parts[0] + row.parts.hidden) - x(parts[0]), 3},
             "fill=\"var(--part3)\"",
             fmt::format("{}: communication hidden under compute {}", cell.label,
                         seconds(row.parts.hidden)));
  }
  svg.text(x(from) + 6, y + kBar - 3, seconds(row.time.mean), Anchor::start, "q");
}

void draw_panel(Svg& svg, const Analysis& analysis, const View& view, double top) {
  const auto rows = rows_of(analysis, view);
  double longest = 0;
  for (const ViewRow* row : rows) longest = std::max(longest, row->time.mean);
  const double bottom = top + kPanelTop + kPitch * static_cast<double>(rows.size());
  const Scale x = linear_scale(0, longest > 0 ? longest * 1.02 : 1, kNames, kWidth - kRight, 8);
  svg.text(kNames, top + 18, view.title + ", " + view.clock_name, Anchor::start, "t");
  for (const Tick& tick : x.ticks) {
    svg.line(x(tick.value), top + kPanelTop - 6, x(tick.value), bottom, "grid");
    svg.text(x(tick.value), bottom + 15, tick.label, Anchor::middle, "q");
  }
  svg.text((kNames + kWidth - kRight) / 2, bottom + 31, view.time + " [s]", Anchor::middle, "q");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    draw_bar(svg, analysis, *rows[i], x, top + kPanelTop + kPitch * static_cast<double>(i));
  }
}

/// Only parts that some bar has.
void draw_key(Svg& svg, const Analysis& analysis) {
  std::array<double, kParts> most{};
  double hidden = 0;
  for (const View& view : analysis.views) {
    for (const ViewRow* row : rows_of(analysis, view)) {
      const std::array<double, kParts> parts = parts_of(row->parts);
      for (std::size_t p = 0; p < kParts; ++p) most[p] = std::max(most[p], parts[p]);
      hidden = std::max(hidden, row->parts.hidden);
    }
  }
  double x = kNames;
  for (std::size_t p = 0; p < kParts; ++p) {
    if (most[p] <= 0) continue;
    svg.rect({x, 10, 11, 11}, fmt::format("fill=\"var(--part{})\"", p));
    svg.text(x + 16, 20, kNamesOfParts[p], Anchor::start, "q");
    x += 16 + text_width(kNamesOfParts[p]) + 14;
  }
  if (hidden <= 0) return;
  svg.rect({x, 16, 22, 3}, "fill=\"var(--part3)\"");
  svg.text(x + 27, 20, "hidden under compute", Anchor::start, "q");
}
}  // namespace

std::string breakdown_chart(const Analysis& analysis, bool standalone) {
  double height = kHeader;
  for (const View& view : analysis.views) height += panel_height(analysis, view);
  Svg svg(kWidth, height);
  draw_key(svg, analysis);
  double top = kHeader;
  for (const View& view : analysis.views) {
    draw_panel(svg, analysis, view, top);
    top += panel_height(analysis, view);
  }
  return svg.finish("breakdown", analysis.study + ": where the time goes",
                    "Training time of the selected cells by part, mean over seeds.", standalone);
}

}  // namespace lockstep
