// What a reader must know before believing a number. Each guard looks at one thing and says it
// once.
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

void ineligible_cells(Work& work) {
  std::map<std::string, Names> labels;
  for (const Cell& cell : work.out.cells) {
    if (!cell.eligible) labels[cell.why_not].push_back(cell.label);
  }
  for (const auto& [reason, names] : labels) {
    const bool open = reason == "no run has finished";
    const std::string text =
        fmt::format("Not eligible for selection or frontier, as {}: {}.", reason, listing(names));
    const bool mixed = reason.rfind("its runs", 0) == 0;
    if (mixed) {
      work.problem("mixed-cell", text);
    } else {
      work.warning(open ? "no-result" : "ineligible", text);
    }
  }
}

void unfinished_runs(Work& work) {
  std::map<std::string, int> by_status;
  int open = 0;
  for (const LedgerRow& row : work.out.ledger) {
    if (row.status == "done" || row.status == "diverged") continue;
    ++by_status[row.status];
    ++open;
  }
  if (open == 0) return;
  Names counts;
  for (const auto& [status, n] : by_status) counts.push_back(fmt::format("{} {}", n, status));
  work.warning(
      "incomplete",
      fmt::format("{} of {} runs have no result yet ({}): selection and frontier are provisional.",
                  open, work.out.ledger.size(), listing(counts)));
}

void unequal_seeds(Work& work) {
  std::map<std::set<std::int64_t>, Names> by_seeds;
  for (const Cell& cell : work.out.cells) {
    if (!cell.eligible) continue;
    std::set<std::int64_t> seeds;
    for (const SeedResult& result : cell.seeds) seeds.insert(result.seed);
    by_seeds[seeds].push_back(cell.label);
  }
  if (by_seeds.size() < 2) return;
  Names parts;
  for (const auto& [seeds, labels] : by_seeds) {
    Names numbers;
    for (const std::int64_t seed : seeds) numbers.push_back(std::to_string(seed));
    parts.push_back(fmt::format("{{{}}} {}", listing(numbers, 10), listing(labels, 3)));
  }
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  work.warning("unequal-seeds", "Cells have different finished seeds: " + text + ".");
}

void few_seeds(Work& work) {
  Names labels;
  for (const Cell& cell : work.out.cells) {
    if (cell.selected && cell.accuracy.n() < kFewestForInterval) labels.push_back(cell.short_label);
  }
  if (labels.empty()) return;
  work.warning("few-seeds", fmt::format("Fewer than {} seeds, so points without an interval: {}.",
                                        kFewestForInterval, listing(labels)));
}

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
  work.warning("unequal-grids",
               "Algorithms were not tuned alike; settings tried per tuning group: " + text +
                   ". A better result may be the better search.");
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
    for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
      const Cell& cell = work.out.cells[i];
      const auto value = number_in(work.runs[i], name);
      if (!cell.selected || !value) continue;
      const std::set<double>& values = tried[cell.group];
      if (values.size() < 2) continue;
      const bool low = *value == *values.begin(), high = *value == *values.rbegin();
      if (!low && !high) continue;
      found.push_back(fmt::format("{} ({}={}, {} of {})", cell.short_label, name, shortest(*value),
                                  low ? "lowest" : "highest", values.size()));
    }
    if (found.empty()) continue;
    work.warning("edge-of-grid",
                 fmt::format("The best {} lies at the edge of its grid; a better one may lie "
                             "outside: {}.",
                             name, listing(found)));
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
  for (const char* name : {"dataset", "train_samples", "model", "epochs", "steps", "lr_schedule"}) {
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

void mixed_machines(Work& work) {
  std::set<std::string> devices, hosts, levels, builds;
  for (const CellRuns& runs : work.runs) {
    for (const RunData* run : runs.all) {
      if (!run->header) continue;
      devices.insert(run->header->device + " " + run->header->device_name);
      hosts.insert(run->header->host);
      levels.insert(run->header->determinism);
      builds.insert(run->header->build);
    }
  }
  const auto say = [&](const char* kind, const char* what, const std::set<std::string>& values) {
    if (values.size() < 2) return;
    work.warning(
        kind, fmt::format("Runs differ in {}: {}.", what, listing({values.begin(), values.end()})));
  };
  say("mixed-devices", "device", devices);
  say("mixed-determinism", "determinism level", levels);
  say("mixed-builds", "build of the trainer", builds);
  const bool measured = !work.out.views.empty() && work.out.views.front().clock == "measured";
  if (measured) say("mixed-hosts", "host, and measured times with it", hosts);
}

void left_out_of_measured(Work& work) {
  if (work.out.views.empty() || work.out.views.front().clock != "measured") return;
  std::set<std::size_t> shown;
  for (const ViewRow& row : work.out.views.front().rows) shown.insert(row.cell);
  Names labels;
  for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
    if (work.out.cells[i].selected && !shown.count(i))
      labels.push_back(work.out.cells[i].short_label);
  }
  if (labels.empty()) return;
  work.warning("not-measured",
               "Not on the measured clock, as workers shared a process or the machine was not "
               "exclusive: " +
                   listing(labels) + ".");
}
}  // namespace

void raise_guards(Work& work) {
  ineligible_cells(work);
  unfinished_runs(work);
  unequal_seeds(work);
  few_seeds(work);
  unequal_grids(work);
  edge_of_grid(work);
  effective_rates(work);
  different_questions(work);
  mixed_machines(work);
  left_out_of_measured(work);
}

}  // namespace lockstep
