// What a study will cost, as pure arithmetic over what is already known. Nothing is guessed:
// without calibration or history there is no estimate. Only what is told to people before the first
// calibration takes a rule of thumb for steps that nobody measured.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/schedule/progress.hpp"
#include "sweeps/run/tables.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep {

/// Seconds of one local step, by calibration_key().
using StepSeconds = std::map<std::string, double>;

struct CostEstimate {
  std::optional<double> run_s;   ///< summed over runs: device seconds
  std::optional<double> wall_s;  ///< on `slots` slots; evaluation and start-up are not in it
  std::optional<double> bytes;   ///< of run directories
  std::vector<std::string> uncalibrated;  ///< keys without a step cost; then there is no time
};

/// `runs`: what is still to do. One process takes the steps of all W workers in turn.
/// `bytes_per_run`: mean over finished runs, 0 where there is none. `done`: share of each run's
/// steps that need no more time.
CostEstimate estimate_cost(const Tables& tables, const std::vector<PlannedRun>& runs,
                           const StepSeconds& step_s, int slots, double bytes_per_run,
                           const RunShares& done = {});

/// `step_s` with the rule of thumb of the model (ModelRow::pixel_s) for every kind of step of
/// `runs` that it lacks. For a question that a person answers; in no report.
StepSeconds with_rule_of_thumb(const Tables& tables, const std::vector<PlannedRun>& runs,
                               StepSeconds step_s);

}  // namespace lockstep
