// A run's time on one clock.
#include <algorithm>
#include <cmath>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
/// To nanoseconds: the order in which equal shares were added must not decide who is faster.
double rounded(double seconds) { return std::round(seconds * 1e9) / 1e9; }

double measured_at(const RunData& run, std::int64_t step) {
  double time = kUnknown;
  for (const EvalReading& eval : run.evals) {
    if (eval.step == step) time = eval.train_s;
  }
  return time;
}

TimeParts measured_parts(const RunData& run, double total) {
  TimeParts parts;
  for (const SyncRecord& sync : run.syncs) {
    parts.data += sync.data_s;
    parts.compute += sync.compute_s;
    parts.wait += sync.wait_s;
    parts.hidden += sync.hidden_s;
    parts.exposed += sync.transfer_s;  // what is hidden comes in addition
  }
  parts.other = total - parts.data - parts.compute - parts.wait - parts.exposed;
  return parts;
}

std::int64_t workers_of(const RunData& run) { return run.config.integer("workers"); }
}  // namespace

Stragglers stragglers_of(double excess, const StepCost& cost) {
  if (!(excess > 0)) return {};
  return {Stragglers::Kind::exponential, excess * cost.step_s};
}

bool measured_clock_allowed(const CellRuns& runs) {
  if (runs.finished.empty()) return false;
  return std::all_of(runs.finished.begin(), runs.finished.end(), [](const RunData* run) {
    return run->header && run->header->exclusive &&
           run->header->processes == run->config.integer("workers");
  });
}

std::vector<double> times_at(const CellRuns& runs, const RunData& run, const ClockChoice& clock,
                             const std::vector<std::int64_t>& steps) {
  std::vector<double> times(steps.size(), kUnknown);
  if (emulated_network(run.config) != clock.emulated) return times;
  if (clock.measured) {
    for (std::size_t i = 0; i < steps.size(); ++i) times[i] = measured_at(run, steps[i]);
  } else if (runs.calibration && clock.network) {
    const std::vector<Tally> tallies = tally_at(sync_events(run), steps);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const SimulatedTime time =
          simulate(tallies[i], workers_of(run), runs.calibration->cost, *clock.network,
                   stragglers_of(clock.straggler_excess, runs.calibration->cost), clock.overlap);
      times[i] = rounded(time.total_s);
    }
  }
  return times;
}

RunTime run_time(const CellRuns& runs, const RunData& run, const ClockChoice& clock,
                 std::int64_t total_steps) {
  RunTime result;
  if (emulated_network(run.config) != clock.emulated) return result;
  if (clock.measured) {
    result.total = measured_at(run, total_steps);
    result.parts = measured_parts(run, result.total);
  } else if (runs.calibration && clock.network) {
    const SimulatedTime time = simulate(
        sync_events(run), total_steps, workers_of(run), runs.calibration->cost, *clock.network,
        stragglers_of(clock.straggler_excess, runs.calibration->cost), clock.overlap);
    result.total = rounded(time.total_s);
    result.parts = {.compute = rounded(time.compute_s),
                    .wait = rounded(time.wait_s),
                    .exposed = rounded(time.exposed_s),
                    .hidden = rounded(time.hidden_s)};
  }
  return result;
}

}  // namespace lockstep
