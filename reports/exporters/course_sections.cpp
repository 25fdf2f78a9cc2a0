// Sections on how it came about: learning curves, tuning, where the time goes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/exporters/sections.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kCurveColumns = 8;

/// Up to kCurveColumns indices of 0 ... n-1, evenly spread, the last one among them.
std::vector<std::size_t> spread_over(std::size_t n) {
  std::vector<std::size_t> chosen;
  const std::size_t columns = std::min(n, kCurveColumns);
  for (std::size_t k = 1; k <= columns; ++k) chosen.push_back(k * n / columns - 1);
  return chosen;
}

std::string edge_of(const Analysis& analysis, const Cell& cell) {
  if (cell.setting.empty()) return {};
  std::vector<const Cell*> group;
  for (const Cell& other : analysis.cells) {
    if (other.group == cell.group) group.push_back(&other);
  }
  // Cells are sorted by the tuned values, so the edges of one tuned parameter are the first and the
  // last.
  const bool edge = group.size() > 1 && analysis.report.select.size() == 1 &&
                    (group.front() == &cell || group.back() == &cell);
  return edge ? " (edge)" : "";
}
Table expected_best_table(const Analysis& analysis) {
  Table table{.caption = "expected best validation accuracy [%], had so many settings been tried",
              .columns = {{"tuning group"}}};
  std::size_t most = 0;
  for (const ExpectedBestRow& row : analysis.expected_best)
    most = std::max(most, row.by_settings.size());
  for (std::size_t n = 1; n <= most; ++n) table.columns.push_back({std::to_string(n), true});
  for (const ExpectedBestRow& row : analysis.expected_best) {
    std::vector<std::string> line{analysis.cells[row.cell].short_label};
    for (const double value : row.by_settings) line.push_back(percent(value));
    line.resize(table.columns.size(), kNone);
    table.add(std::move(line), Weight::normal, {analysis.cells[row.cell].id});
  }
  return table;
}
}  // namespace

Section curve_section(const Analysis& analysis) {
  Section section{.id = "curves", .title = "Learning curves"};
  std::vector<double> epochs;
  for (const Curve& curve : analysis.curves) {
    if (curve.points.size() <= epochs.size()) continue;
    epochs.clear();
    for (const CurvePoint& point : curve.points) epochs.push_back(point.epoch);
  }
  if (epochs.empty()) return section;
  section.figure = Figure::curves;
  section.paragraphs.push_back(
      "Validation accuracy of the selected cells while they train: mean over seeds. In the "
      "middle of a round it is that of an average that nobody else sees; times and bytes here are "
      "without the exchange for it.");
  Table table{.caption = "validation accuracy [%] at epoch", .columns = {{"cell"}}};
  const std::vector<std::size_t> shown = spread_over(epochs.size());
  for (const std::size_t k : shown) table.columns.push_back({compact(epochs[k], 3), true});
  for (const Curve& curve : analysis.curves) {
    std::vector<std::string> line{analysis.cells[curve.cell].label};
    for (const std::size_t k : shown) {
      const auto found = std::find_if(
          curve.points.begin(), curve.points.end(),
          [&](const CurvePoint& point) { return std::abs(point.epoch - epochs[k]) < 1e-9; });
      line.push_back(found == curve.points.end() ? kNone : percent(found->accuracy.mean));
    }
    table.add(std::move(line), Weight::normal, {analysis.cells[curve.cell].id});
  }
  section.tables.push_back(std::move(table));
  return section;
}

Section matched_section(const Analysis& analysis) {
  Section section{.id = "matched", .title = "At equal cost"};
  const Matched& matched = analysis.matched;
  if (matched.rows.empty() || std::isnan(matched.samples)) return section;
  const bool training = analysis.views.empty() || analysis.views.front().sum == TimeSum::productive;
  const std::string what = training ? "training" : analysis.views.front().time;
  section.paragraphs.push_back(fmt::format(
      "Validation accuracy of the selected cells where each has had the same: {} samples, {} of "
      "{}{}, {} sent per worker; the least that any of them ends with. It is that of the "
      "last evaluation by then, so a cell that is evaluated rarely may look worse than it is; a "
      "dash: not evaluated by then.",
      count(matched.samples), seconds(matched.time_s), what,
      analysis.views.empty() ? "" : " (" + name_of(analysis.views.front()) + ")",
      bytes(matched.bytes)));
  Table table{.columns = {{"cell"},
                          {"at equal samples [%]", true},
                          {"at equal time [%]", true},
                          {"at equal bytes [%]", true}}};
  for (const MatchedRow& row : matched.rows) {
    table.add({analysis.cells[row.cell].label, percent(row.at_samples), percent(row.at_time),
               percent(row.at_bytes)},
              Weight::normal, {analysis.cells[row.cell].id});
  }
  section.tables.push_back(std::move(table));
  return section;
}

Section tuning_section(const Analysis& analysis) {
  Section section{.id = "tuning", .title = "Tuning"};
  if (analysis.report.select.empty() || analysis.cells.empty()) return section;
  section.figure = Figure::tuning;
  section.paragraphs.push_back(
      "Every setting that was tried, by validation accuracy at the end of training. The best of "
      "each tuning group is "
      "selected; only its test accuracy is reported.");
  Table table{.columns = {{"tuning group"},
                          {"setting"},
                          {"validation [%]", true},
                          {"n", true},
                          {"peak lr", true},
                          {"eff. lr factor", true},
                          {"selected"}}};
  for (const Cell& cell : analysis.cells) {
    const std::string state = cell.selected   ? "yes" + edge_of(analysis, cell)
                              : cell.eligible ? std::string()
                                              : "not eligible: " + cell.why_not;
    table.add({cell.short_label, cell.setting.empty() ? kNone : cell.setting,
               percent_with_ci(cell.val_accuracy), std::to_string(cell.val_accuracy.n()),
               compact(cell.peak_lr, 4), compact(cell.effective_lr_factor, 3), state},
              cell.selected   ? Weight::strong
              : cell.eligible ? Weight::normal
                              : Weight::dim,
              {cell.id});
  }
  section.tables.push_back(std::move(table));
  if (!analysis.expected_best.empty()) {
    section.paragraphs.push_back(
        "The second table is the expected best of so many settings drawn from those tried, with "
        "replacement: whether the order of algorithms depends on how long each was tuned.");
    section.tables.push_back(expected_best_table(analysis));
  }
  return section;
}

Section breakdown_section(const Analysis& analysis) {
  Section section{.id = "breakdown", .title = "Where the time goes"};
  for (const View& view : analysis.views) {
    Table table{.caption = name_of(view),
                .columns = {{"cell"},
                            {"steps per sync", true},
                            {"total", true},
                            {"data", true},
                            {"compute", true},
                            {"waiting", true},
                            {"communication", true},
                            {"hidden under compute", true},
                            {"other", true},
                            {"share of communication", true}}};
    for (const ViewRow& row : view.rows) {
      const Cell& cell = analysis.cells[row.cell];
      if (!cell.selected || !row.time.known()) continue;
      const TimeParts& parts = row.parts;
      // The calibrated cost of a step has data loading in it.
      const bool apart = view.clock == "measured";
      table.add(
          {cell.label, compact(cell.H, 3), seconds(row.time.mean),
           apart ? seconds(parts.data) : kNone, seconds(parts.compute), seconds(parts.wait),
           seconds(parts.exposed), seconds(parts.hidden), apart ? seconds(parts.other) : kNone,
           percent(parts.exposed / row.time.mean) + " %"},
          Weight::normal, {cell.id});
    }
    if (!table.rows.empty()) section.tables.push_back(std::move(table));
  }
  if (section.tables.empty()) return section;
  section.figure = Figure::breakdown;
  section.paragraphs.push_back(
      "Mean over seeds. Communication is what nothing hides; on the simulated clock, data "
      "loading is in the calibrated cost of a step.");
  const TimeSum sum = analysis.report.time;
  if (sum != TimeSum::productive)
    section.paragraphs.back() +=
        fmt::format(" {} Other holds {} of the measured clock too.", about_time(analysis),
                    sum == TimeSum::wall ? "evaluation, checkpoints, start-up and replayed steps"
                                         : "the evaluations");
  return section;
}

}  // namespace lockstep
