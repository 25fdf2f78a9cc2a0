// A calibration before and one after the runs of a study on the measured clock.
#pragma once

#include "orchestrator/cli/study_calibration.hpp"
#include "results/store/calibration_file.hpp"

namespace lockstep {

/// Around the runs of a study on the measured clock: a machine that is another one during the runs
/// than while it was calibrated makes no clock right. What was measured before and after them
/// becomes one, and what changed by more than the clock is held to is said.
class CalibrationAround {
 public:
  CalibrationAround(Session& session, const Tables& tables, const Workspace& workspace,
                    const Plan& plan, const TrainerSetup& trainer)
      : session_(session), tables_(tables), workspace_(workspace), plan_(plan), trainer_(trainer) {}

  /// Calibrates anew, whatever is there. Failures are told and keep no run from starting. False:
  /// interrupted.
  bool before_runs();
  bool after_runs();

 private:
  bool calibrate_anew();
  void combine_steps(const CalibrationFiles& now);
  void combine_networks(const CalibrationFiles& now);

  Session& session_;
  const Tables& tables_;
  const Workspace& workspace_;
  const Plan& plan_;
  const TrainerSetup& trainer_;
  CalibrationFiles before_;
};

}  // namespace lockstep
