// Validation accuracy over the course of training, of selected cells.
#include <algorithm>
#include <map>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
/// Accuracies by step, for steps that every finished run has evaluated.
std::map<std::int64_t, std::vector<double>> common_steps(const CellRuns& runs) {
  std::map<std::int64_t, std::vector<double>> by_step;
  for (const RunData* run : runs.finished) {
    std::map<std::int64_t, double> own;
    for (const EvalReading& eval : run->evals) {
      if (eval.split == EvalReading::Split::validation) own[eval.step] = eval.accuracy;
    }
    for (const auto& [step, accuracy] : own) by_step[step].push_back(accuracy);
  }
  std::erase_if(by_step,
                [&](const auto& entry) { return entry.second.size() < runs.finished.size(); });
  return by_step;
}

std::vector<double> mean_times(const CellRuns& runs, const ClockChoice& clock,
                               const std::vector<std::int64_t>& steps) {
  std::vector<double> sum(steps.size(), 0);
  for (const RunData* run : runs.finished) {
    const std::vector<double> times = times_at(runs, *run, clock, steps);
    for (std::size_t i = 0; i < steps.size(); ++i) sum[i] += times[i];
  }
  for (double& time : sum) time /= static_cast<double>(runs.finished.size());
  return sum;
}

/// That of the first view; of runs that emulate a network, of the view that shows them.
const ClockChoice* clock_of(const Work& work, const CellRuns& runs) {
  const std::string emulated = emulated_network(runs.all.front()->config);
  const auto found =
      std::find_if(work.clocks.begin(), work.clocks.end(),
                   [&](const ClockChoice& clock) { return clock.emulated == emulated; });
  return found == work.clocks.end() ? nullptr : &*found;
}

double epoch_at(const RunData& run, std::int64_t step) {
  double epoch = 0;
  for (const EvalReading& eval : run.evals) {
    if (eval.step == step) epoch = eval.epoch;
  }
  return epoch;
}
std::int64_t samples_per_step(const RunData& run) {
  return run.config.integer("workers") * run.config.integer("batch_per_worker");
}
}  // namespace

void build_curves(Work& work) {
  for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
    if (!work.out.cells[i].selected) continue;
    const CellRuns& runs = work.runs[i];
    Curve curve{.cell = i};
    std::vector<std::int64_t> steps;
    for (auto& [step, values] : common_steps(runs)) {
      const RunData& first = *runs.finished.front();
      curve.points.push_back({.step = step,
                              .epoch = epoch_at(first, step),
                              .bytes = bytes_until(first, step),
                              .samples = static_cast<double>(step * samples_per_step(first)),
                              .rounds = rounds_until(first, step),
                              .accuracy = estimate(values)});
      steps.push_back(step);
    }
    if (const ClockChoice* clock = clock_of(work, runs)) {
      const std::vector<double> times = mean_times(runs, *clock, steps);
      for (std::size_t k = 0; k < steps.size(); ++k) curve.points[k].time = times[k];
    }
    work.out.curves.push_back(std::move(curve));
  }
}

}  // namespace lockstep
