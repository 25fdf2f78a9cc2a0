// What a study will cost, as pure arithmetic over what is already known. Nothing is guessed:
// without calibration or history there is no estimate.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

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
/// `bytes_per_run`: mean over finished runs, 0 where there is none.
CostEstimate estimate_cost(const Tables& tables, const std::vector<PlannedRun>& runs,
                           const StepSeconds& step_s, int slots, double bytes_per_run);

}  // namespace lockstep
