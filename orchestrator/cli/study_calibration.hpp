// Step costs and network of this machine, for the studies that need them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orchestrator/cli/session.hpp"
#include "orchestrator/launch/trainer_command.hpp"
#include "orchestrator/schedule/estimate.hpp"
#include "results/record/workspace.hpp"
#include "results/store/calibration_file.hpp"
#include "sweeps/run/tables.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep {

/// Measuring time per kind of step when `run` calibrates by itself.
inline constexpr double kQuickCalibrationS = 3;

/// Step seconds that are calibrated for this host, by calibration key.
StepSeconds calibrated_steps(const Workspace& workspace);

/// A kind of step as it was measured now.
struct MeasuredStep {
  Calibration calibration;
  double held_up = 0;  ///< share of the steps that others held up
  bool busy = false;   ///< so many that the machine was not idle: the times are too long
};

struct CalibrationOutcome {
  std::vector<MeasuredStep> steps;
  std::optional<NetworkCalibration> network;  ///< if it was measured now
  std::vector<std::string> failures;          ///< a line each
  bool interrupted = false;
};

/// Measures the kinds of steps of the plan (`again`: also those that this host has), one after the
/// other, all cores equally busy, and the network where the report asks for "measured". The machine
/// should do nothing else. What succeeded is kept, also after a Ctrl-C.
CalibrationOutcome calibrate(Session& session, const Tables& tables, const Workspace& workspace,
                             const Plan& plan, const TrainerSetup& trainer, double seconds,
                             bool again);

/// The same for what is missing; failures are told, with `later`, the command that tries again, and
/// not more: a study is worth reporting without. False: interrupted.
bool calibrate_what_is_missing(Session& session, const Tables& tables, const Workspace& workspace,
                               const Plan& plan, const TrainerSetup& trainer,
                               const std::string& later);

}  // namespace lockstep
