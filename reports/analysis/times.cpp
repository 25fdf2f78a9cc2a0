// A run's time on one clock.
#include <algorithm>
#include <cmath>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
/// To nanoseconds: the order in which equal shares were added must not decide who is faster.
double rounded(double seconds) { return std::round(seconds * 1e9) / 1e9; }

double wall_at(const RunData& run, double train_s) {
  const WallPart* part = nullptr;
  for (const WallPart& candidate : run.wall) {
    // The last moment of an attempt is its own, not the first of the next one.
    if (!part || candidate.train_s < train_s) part = &candidate;
  }
  return part ? part->wall_s + part->pace * (train_s - part->train_s) : kUnknown;
}

double measured_at(const RunData& run, std::int64_t step, TimeSum sum) {
  double time = kUnknown, evaluating = 0;
  for (const EvalReading& eval : run.evals) {
    if (eval.step == step) time = eval.train_s;
    if (eval.step <= step) evaluating += static_cast<double>(eval.eval_s);
  }
  if (sum == TimeSum::productive_eval) time += evaluating;
  return sum == TimeSum::wall ? wall_at(run, time) : time;
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

Stragglers stragglers_of(const StragglerSpec& spec, double step_s) {
  using Kind = Stragglers::Kind;
  const auto kind = [&] {
    switch (spec.model) {
      case StragglerSpec::Model::none:
        break;
      case StragglerSpec::Model::exponential:
        return Kind::exponential;
      case StragglerSpec::Model::lognormal:
        return Kind::lognormal;
      case StragglerSpec::Model::trace:
        return Kind::trace;
      case StragglerSpec::Model::slow_worker:
        return Kind::slow_worker;
    }
    return Kind::none;
  };
  return {kind(), mean_excess_of(spec) * step_s, spec.sigma, spec.excess};
}

ClockChoice simulated_clock(const Work& work, std::optional<Network> network) {
  return {.network = std::move(network),
          .rounds = &work.rounds,
          .mean_excess = mean_excess_of(work.study.report.stragglers)};
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
    for (std::size_t i = 0; i < steps.size(); ++i) times[i] = measured_at(run, steps[i], clock.sum);
  } else if (runs.calibration && clock.network) {
    const StepCost& cost = runs.calibration->cost;
    const std::vector<Tally> tallies = tally_at(sync_events(run), steps);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const SimulatedTime time =
          simulate(tallies[i], workers_of(run), cost, *clock.network, *clock.rounds,
                   clock.mean_excess * cost.step_s, clock.overlap);
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
    result.total = measured_at(run, total_steps, clock.sum);
    result.parts = measured_parts(run, result.total);
  } else if (runs.calibration && clock.network) {
    const StepCost& cost = runs.calibration->cost;
    const SimulatedTime time =
        simulate(tally(sync_events(run), total_steps), workers_of(run), cost, *clock.network,
                 *clock.rounds, clock.mean_excess * cost.step_s, clock.overlap);
    result.total = rounded(time.total_s);
    result.parts = {.compute = rounded(time.compute_s),
                    .wait = rounded(time.wait_s),
                    .exposed = rounded(time.exposed_s),
                    .hidden = rounded(time.hidden_s)};
  }
  return result;
}

}  // namespace lockstep
