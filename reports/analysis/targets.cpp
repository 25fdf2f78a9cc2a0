// Time to a validation accuracy, misses counted.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/analysis/work.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
struct Target {
  double accuracy;
  std::string origin;
};

std::vector<Target> targets_of(const Work& work) {
  std::vector<Target> targets;
  for (const double accuracy : work.study.report.targets) targets.push_back({accuracy, "asked"});
  const Cell* baseline = nullptr;
  for (const Cell& cell : work.out.cells) {
    if (!cell.selected || cell.algorithm != "sync_sgd") continue;
    if (!baseline || cell.val_accuracy.mean > baseline->val_accuracy.mean) baseline = &cell;
  }
  if (!baseline) {
    const auto closest = closest_to_lockstep(work, [](const Cell&) { return true; });
    if (closest) baseline = &work.out.cells[*closest];
  }
  if (baseline) {
    for (const int share : {90, 95, 99}) {
      targets.push_back({share / 100.0 * baseline->val_accuracy.mean,
                         fmt::format("{} % of {}", share, baseline->short_label)});
    }
  }
  std::stable_sort(targets.begin(), targets.end(),
                   [](const Target& a, const Target& b) { return a.accuracy < b.accuracy; });
  return targets;
}

struct Reading {
  double accuracy, time;
};

/// Seconds of an average that only an evaluation has seen, and that no log or clock has in it: one
/// all-reduce of the model; where times are measured, a mean exchange of the run's own.
double averaging_s(const RunData& run, const ClockChoice& clock) {
  if (!clock.measured) {
    if (!clock.network || !run.header) return kUnknown;
    return all_reduce_s(*clock.network, run.config.integer("workers"),
                        static_cast<double>(run.header->model_bytes));
  }
  double transfer = 0, exchanges = 0;
  for (const SyncRecord& sync : run.syncs) {
    transfer += sync.transfer_s;
    exchanges += static_cast<double>(sync.count);
  }
  return exchanges > 0 ? transfer / exchanges : kUnknown;
}

/// Validation readings with their time, by time; those without a time are left out.
std::vector<Reading> readings_of(const CellRuns& runs, const RunData& run,
                                 const ClockChoice& clock) {
  std::map<std::int64_t, const EvalReading*> evals;
  for (const EvalReading& eval : run.evals) {
    if (eval.split == EvalReading::Split::validation) evals[eval.step] = &eval;
  }
  std::vector<std::int64_t> steps;
  for (const auto& [step, eval] : evals) steps.push_back(step);
  const std::vector<double> times = times_at(runs, run, clock, steps);
  const double averaging = averaging_s(run, clock);
  std::vector<Reading> readings;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const EvalReading& eval = *evals[steps[i]];
    const double time = times[i] + (eval.scratch_average ? averaging : 0);
    if (!std::isnan(time)) readings.push_back({eval.accuracy, time});
  }
  std::stable_sort(readings.begin(), readings.end(),
                   [](const Reading& a, const Reading& b) { return a.time < b.time; });
  return readings;
}

Outcome outcome_of(const RunData& run, const std::vector<Reading>& readings, double target) {
  for (const Reading& reading : readings) {
    if (reading.accuracy >= target) return {Outcome::Kind::reached, reading.time};
  }
  if (run.done) return {Outcome::Kind::never, 0};
  return {Outcome::Kind::censored, readings.empty() ? 0 : readings.back().time};
}
}  // namespace

void time_to_accuracy(Work& work) {
  const std::vector<Target> targets = targets_of(work);
  for (std::size_t v = 0; v < work.out.views.size(); ++v) {
    View& view = work.out.views[v];
    std::vector<TargetRow> rows;
    for (const ViewRow& row : view.rows) {
      if (!work.out.cells[row.cell].selected || !row.time.known()) continue;
      const CellRuns& runs = work.runs[row.cell];
      std::vector<std::pair<const RunData*, std::vector<Reading>>> begun;
      for (const RunData* run : runs.all) {
        if (run->header) begun.emplace_back(run, readings_of(runs, *run, work.clocks[v]));
      }
      for (const Target& target : targets) {
        std::vector<Outcome> outcomes;
        for (const auto& [run, readings] : begun)
          outcomes.push_back(outcome_of(*run, readings, target.accuracy));
        rows.push_back(
            {target.accuracy, target.origin, row.cell, survival(outcomes, view.reference.time)});
      }
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const TargetRow& a, const TargetRow& b) { return a.target < b.target; });
    view.targets = std::move(rows);
  }
}

}  // namespace lockstep
