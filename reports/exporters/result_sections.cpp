// Sections on what came out: frontier, hypervolume, time to accuracy.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/exporters/sections.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
std::string in_words(const Analysis& analysis, const View& view) {
  std::string text = name_of(view) + ": ";
  for (std::size_t k = 0; k < view.frontier.size(); ++k) {
    const ViewRow& row = view.rows[view.frontier[k]];
    const Cell& cell = analysis.cells[row.cell];
    text += fmt::format("{}{} ({} % in {})", k ? "; " : "", cell.label, percent(cell.accuracy.mean),
                        seconds_with_ci(estimate({row.time.mean})));
  }
  return view.frontier.empty() ? text + "nothing to show yet." : text + ".";
}

/// The neighbours that a cell is tied with; "no" where it can be told from all of them.
std::string ties_of(const Analysis& analysis, const View& view, const ViewRow& row) {
  if (!row.tied) return kNone;
  std::string text;
  for (const std::size_t i : row.tied_with) {
    text += (text.empty() ? "" : ", ") + analysis.cells[view.rows[i].cell].short_label;
  }
  return text.empty() ? "no" : text;
}

/// How to read the last two columns of the frontier's tables.
std::string how_sure(const Analysis& analysis) {
  const bool simulated = std::any_of(analysis.views.begin(), analysis.views.end(),
                                     [](const View& view) { return view.clock == "simulated"; });
  return std::string(simulated
                         ? "Simulated times are taken as exact: a cell that is faster by a "
                           "percent is faster in every resample, and its chance of the frontier "
                           "says nothing about the error of the clock. "
                         : "") +
         fmt::format(
             "Accuracy is tied with a neighbour (the cell on the frontier next before or next "
             "after it in time) if 0 lies in the {:.0f} % Student-t interval of the mean "
             "difference in test accuracy over their common seeds, at least {} of them: the order "
             "of the two may then be chance. It does not show that they are equal. A dash: no such "
             "neighbour, or too few seeds.",
             100 * kConfidence, kFewestForInterval);
}

std::string target_text(const Survival& s) {
  const std::string share = fmt::format(" ({}/{})", s.reached, s.n);
  const std::string median = std::isfinite(s.median) ? seconds(s.median) : "not reached",
                    mean = seconds(s.restricted_mean);
  return median + share + (mean == median ? "" : "; mean " + mean);
}

/// The caption with the bound of the means, which all rows of a view share.
std::string caption_of(const View& view) {
  return fmt::format("{}; means up to {}", name_of(view),
                     seconds(view.targets.front().survival.bound));
}

Table target_table(const Analysis& analysis, const View& view) {
  Table table{.caption = caption_of(view), .columns = {{"cell"}}};
  std::vector<std::pair<double, std::string>> targets;
  std::vector<std::size_t> cells;
  for (const TargetRow& row : view.targets) {
    const std::pair<double, std::string> key{row.target, row.origin};
    if (std::find(targets.begin(), targets.end(), key) == targets.end()) targets.push_back(key);
    if (std::find(cells.begin(), cells.end(), row.cell) == cells.end()) cells.push_back(row.cell);
  }
  for (const auto& [target, origin] : targets) {
    table.columns.push_back(
        {percent(target) + " %" + (origin == "asked" ? "" : " = " + origin), true});
  }
  std::sort(cells.begin(), cells.end());
  for (const std::size_t cell : cells) {
    std::vector<std::string> line{analysis.cells[cell].label};
    for (const auto& key : targets) {
      const auto found =
          std::find_if(view.targets.begin(), view.targets.end(), [&](const TargetRow& row) {
            return row.cell == cell && row.target == key.first && row.origin == key.second;
          });
      line.push_back(found == view.targets.end() ? kNone : target_text(found->survival));
    }
    table.add(std::move(line), Weight::normal, {analysis.cells[cell].id});
  }
  return table;
}
}  // namespace

std::string name_of(const View& view) {
  if (view.clock != "measured") return view.title + ", " + view.clock_name;
  return view.sum == TimeSum::productive ? view.title : view.title + ", " + view.time;
}

std::string about_time(const Analysis& analysis) {
  switch (analysis.report.time) {
    case TimeSum::productive:
      break;
    case TimeSum::productive_eval:
      return "Time is training and evaluation on the measured clock, training alone on the "
             "simulated one.";
    case TimeSum::wall:
      return "Time is everything of all attempts on the measured clock, training alone on the "
             "simulated one.";
  }
  return {};
}

std::vector<const ViewRow*> rows_by_time(const Analysis& analysis, const View& view) {
  std::vector<const ViewRow*> rows;
  for (const ViewRow& row : view.rows) {
    if (analysis.cells[row.cell].selected) rows.push_back(&row);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const ViewRow* a, const ViewRow* b) {
    if (!a->time.known() || !b->time.known()) return a->time.known() && !b->time.known();
    return a->time.mean < b->time.mean;
  });
  return rows;
}

Table frontier_table(const Analysis& analysis, const View& view) {
  Table table{.caption = name_of(view),
              .columns = {{"cell"},
                          {"frontier"},
                          {"test accuracy [%]", true},
                          {"time", true},
                          {"n", true},
                          {"steps per sync", true},
                          {"sent per worker", true},
                          {"on the wire per process", true},
                          {"validation [%]", true},
                          {"eff. lr factor", true},
                          {"chance of frontier", true},
                          {"accuracy tied with"}}};
  if (analysis.report.price) table.columns.push_back({price_column(analysis), true});
  const char* member =
      view.unequal_grids && !analysis.report.compare_unequal ? "yes (unequal grids)" : "yes";
  for (const ViewRow* row : rows_by_time(analysis, view)) {
    const Cell& cell = analysis.cells[row->cell];
    const std::string chance = std::isnan(row->on_frontier_probability)
                                   ? std::string(kNone)
                                   : fixed(100 * row->on_frontier_probability, 0) + " %";
    std::vector<std::string> line{cell.label,
                                  row->on_frontier ? member : "",
                                  percent_with_ci(cell.accuracy),
                                  seconds_with_ci(row->time),
                                  std::to_string(cell.accuracy.n()),
                                  compact(cell.H, 3),
                                  bytes(cell.bytes_per_worker),
                                  bytes(cell.wire_bytes_per_process),
                                  percent_with_ci(cell.val_accuracy),
                                  compact(cell.effective_lr_factor, 3),
                                  chance,
                                  ties_of(analysis, view, *row)};
    if (analysis.report.price) line.push_back(price_with_ci(row->price));
    table.add(std::move(line), row->on_frontier ? Weight::strong : Weight::dim, {cell.id});
  }
  return table;
}

Section frontier_section(const Analysis& analysis) {
  Section section{.id = "frontier", .title = "Frontier", .figure = Figure::frontier};
  section.paragraphs.push_back(
      "Test accuracy against training time. A cell is on the frontier if no other is at least as "
      "fast and at least as "
      "accurate, and better in one; means decide. Sent per worker: by the formula of a ring over "
      "all "
      "workers. On the wire: what the first process sent to others, as metered; none where one "
      "process hosts all workers.");
  if (const std::string text = about_time(analysis); !text.empty())
    section.paragraphs.front() += " " + text;
  section.paragraphs.push_back(how_sure(analysis));
  for (const View& view : analysis.views) {
    section.bullets.push_back(in_words(analysis, view));
    section.tables.push_back(frontier_table(analysis, view));
  }
  return section;
}

Section hypervolume_section(const Analysis& analysis) {
  Section section{.id = "hypervolume", .title = "Hypervolume"};
  Table table{.columns = {{"clock and network"},
                          {"algorithm"},
                          {"hypervolume [s x accuracy]", true},
                          {"share of all", true},
                          {"over seeds", true},
                          {"n", true},
                          {"reference point"}}};
  for (const View& view : analysis.views) {
    for (const HypervolumeRow& row : view.hypervolumes) {
      const Estimate& e = row.over_seeds;
      std::string seeds = significant(e.mean, 4);
      if (e.ci)
        seeds += fmt::format(" [{}, {}]", significant(e.ci->low, 4), significant(e.ci->high, 4));
      table.add({name_of(view), row.algorithm.empty() ? "all" : row.algorithm,
                 significant(row.of_means, 4),
                 std::isnan(row.share) ? std::string(kNone) : fixed(100 * row.share, 1) + " %",
                 seeds, std::to_string(e.n()),
                 fmt::format("{}, {} %", seconds(view.reference.time),
                             percent(view.reference.accuracy))});
    }
  }
  if (table.rows.empty()) return section;
  section.paragraphs.push_back(
      "Area of the plane that a set of cells dominates, linear time, up to the reference point: "
      "1.1 times the slowest "
      "run, and the accuracy of guessing. More is better.");
  section.tables.push_back(std::move(table));
  return section;
}

Section target_section(const Analysis& analysis) {
  Section section{.id = "targets", .title = "Time to accuracy"};
  for (const View& view : analysis.views) {
    if (!view.targets.empty()) section.tables.push_back(target_table(analysis, view));
  }
  if (section.tables.empty()) return section;
  section.paragraphs.push_back(
      "Median time to a validation accuracy, and how many runs reached it. Runs that finished or "
      "diverged without "
      "reaching it count as infinitely slow, runs that are still training as censored "
      "(Kaplan-Meier); none is dropped. "
      "Mean: of the time up to the bound in the table's caption (1.1 times the slowest run), at "
      "which whoever has not reached the accuracy is counted; it stands where it is not the median "
      "itself, and tells cells apart whose medians agree or are not known. "
      "A run is looked at only where it was evaluated. An accuracy in the middle of a round is "
      "that of an average that training itself does not make: one all-reduce of the model is "
      "added to its time (on the measured clock, the run's mean exchange).");
  if (const std::string text = about_time(analysis); !text.empty())
    section.paragraphs.back() += " " + text;
  return section;
}

}  // namespace lockstep
