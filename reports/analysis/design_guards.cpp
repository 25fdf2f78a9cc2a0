// Guards over what was asked: a fair search, and one factor at a time.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "reports/analysis/work.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
using Names = std::vector<std::string>;

/// Effective learning rates that differ by less are called equal.
constexpr double kSameRate = 0.01;

void unequal_grids(Work& work) {
  std::set<std::pair<int, int>> sizes;
  std::string text;
  for (const EffortRow& row : work.out.effort) {
    sizes.insert({row.fewest_values, row.most_values});
    const std::string tried = row.fewest_values == row.most_values
                                  ? std::to_string(row.most_values)
                                  : fmt::format("{} to {}", row.fewest_values, row.most_values);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", row.algorithm, tried);
  }
  const bool uneven =
      std::any_of(sizes.begin(), sizes.end(), [](auto size) { return size.first != size.second; });
  if (sizes.size() < 2 && !uneven) return;
  const std::string tried =
      "settings tried per tuning group: " + text + ". A better result may be the better search.";
  if (work.study.report.compare_unequal) {
    work.problem("unequal-grids-compared",
                 "Algorithms were not tuned alike, and p-values and frontiers between them are "
                 "shown all the same, as report.compare_unequal asks; " +
                     tried);
  } else {
    work.problem("unequal-grids",
                 "Algorithms were not tuned alike: between cells whose numbers of settings differ "
                 "there is no p-value, and frontiers are marked; " +
                     tried);
  }
}

std::optional<double> number_in(const CellRuns& runs, const std::string& name) {
  const RunConfig& config = runs.all.front()->config;
  if (!config.has(name)) return {};
  const Value& value = config.value(name);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return {};
}

void edge_of_grid(Work& work) {
  for (const std::string& name : work.study.report.select) {
    std::map<std::string, std::set<double>> tried;
    for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
      const auto value = number_in(work.runs[i], name);
      if (value) tried[work.out.cells[i].group].insert(*value);
    }
    Names found;
    std::vector<std::size_t> at_edge;
    for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
      const Cell& cell = work.out.cells[i];
      const auto value = number_in(work.runs[i], name);
      if (!cell.selected || !value) continue;
      const std::set<double>& values = tried[cell.group];
      if (values.size() < 2) continue;
      const bool low = *value == *values.begin(), high = *value == *values.rbegin();
      if (!low && !high) continue;
      at_edge.push_back(i);
      found.push_back(fmt::format("{} ({}={}, {} of {})", cell.short_label, name, shortest(*value),
                                  low ? "lowest" : "highest", values.size()));
    }
    if (found.empty()) continue;
    work.warning("edge-of-grid",
                 fmt::format("The best {} lies at the edge of its grid; a better one may lie "
                             "outside: {}.",
                             name, listing(found)),
                 at_edge);
  }
}

void effective_rates(Work& work) {
  std::map<std::string, Names> by_rate;
  double low = INFINITY, high = 0;
  for (const Cell& cell : work.out.cells) {
    if (!cell.selected) continue;
    const double rate = cell.peak_lr * cell.effective_lr_factor;
    low = std::min(low, rate);
    high = std::max(high, rate);
    by_rate[compact(rate, 3)].push_back(cell.short_label);
  }
  if (by_rate.size() < 2 || high <= low * (1 + kSameRate)) return;
  std::string text;
  for (const auto& [rate, labels] : by_rate) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", rate, listing(labels, 3));
  }
  work.warning("effective-lr",
               "Effective learning rates (peak x factor of momentum buffers and outer momentum) "
               "differ, so part of a difference may be one of lr: " +
                   text + ".");
}

/// Parameters that change the question itself: cells that differ in them do not belong on one
/// frontier.
void different_questions(Work& work) {
  for (const char* name : {"dataset", "train_samples", "model", "epochs", "steps"}) {
    std::set<std::string> values;
    for (const Cell& cell : work.out.cells) {
      const auto found = cell.parameters.find(name);
      if (found != cell.parameters.end()) values.insert(found->second);
    }
    if (values.size() < 2) continue;
    work.warning("confounded",
                 fmt::format("Cells differ in {} ({}): compare only those that agree in it.", name,
                             listing({values.begin(), values.end()})));
  }
}

/// Text of the parameters in `names` that a cell has: "lr_schedule=step lr_decay=0.1".
std::string setting_of(const Cell& cell, const std::vector<const char*>& names) {
  std::string text;
  for (const char* name : names) {
    const auto found = cell.parameters.find(name);
    if (found != cell.parameters.end())
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, found->second);
  }
  return text;
}

std::string in_words(const std::map<std::string, Names>& by_setting) {
  std::string text;
  for (const auto& [setting, labels] : by_setting)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", setting, listing(labels, 3));
  return text;
}

void different_schedules(Work& work) {
  std::map<std::string, Names> by_schedule;
  for (const Cell& cell : work.out.cells) {
    by_schedule[setting_of(cell, {"lr_schedule", "lr_milestones", "lr_decay", "warmup_epochs",
                                  "warmup_from"})]
        .push_back(cell.label);
  }
  if (by_schedule.size() < 2) return;
  work.warning("schedules",
               "Cells differ in the schedule of the learning rate: " + in_words(by_schedule) + ".");
}

/// The learning rate and batch that the workers of a cell are given. A tuned rate is chosen, not
/// given.
std::string scale_of(const Work& work, const Cell& cell) {
  const auto& select = work.study.report.select;
  std::string text = setting_of(cell, {"batch_per_worker", "lr_scaling"});
  if (std::find(select.begin(), select.end(), "lr") == select.end() ||
      cell.parameters.at("lr_scaling") != "none")
    text += " peak lr " + compact(cell.peak_lr, 4);
  return text;
}

/// More workers, and with them another rate or batch: what either does cannot be told apart.
void scaled_with_workers(Work& work) {
  std::map<std::string, std::map<std::int64_t, std::set<std::string>>> by_setting;
  std::map<std::string, std::string> name;
  for (const Cell& cell : work.out.cells) {
    if (!cell.selected) continue;
    const std::string key = setting_of(cell, {"algorithm", "dataset", "model", "H"});
    by_setting[key][cell.workers].insert(scale_of(work, cell));
    name.emplace(key, setting_of(cell, {"algorithm", "H"}));
  }
  Names found;
  for (const auto& [key, by_workers] : by_setting) {
    std::set<std::string> distinct;
    std::string text;
    for (const auto& [workers, scales] : by_workers) {
      distinct.insert(scales.begin(), scales.end());
      text += fmt::format("{}W={} {}", text.empty() ? "" : ", ", workers,
                          listing({scales.begin(), scales.end()}, 2));
    }
    if (by_workers.size() > 1 && distinct.size() > 1)
      found.push_back(fmt::format("{} ({})", name.at(key), text));
  }
  if (found.empty()) return;
  work.warning("scaled-with-workers",
               "Learning rate or batch changes together with the number of workers, so a "
               "difference between numbers of workers may be one of these: " +
                   listing(found, 3) + ".");
}
}  // namespace

void guard_design(Work& work) {
  unequal_grids(work);
  edge_of_grid(work);
  effective_rates(work);
  different_questions(work);
  different_schedules(work);
  scaled_with_workers(work);
}

}  // namespace lockstep
