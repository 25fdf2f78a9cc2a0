// Calibrations before, among and after the runs of a study on the measured clock.
#pragma once

#include <vector>

#include "orchestrator/cli/study_calibration.hpp"
#include "results/store/calibration_file.hpp"

namespace lockstep {

/// Runs on the measured clock have to see the machine that is calibrated: one that is another one
/// meanwhile makes no clock right. So it is calibrated before them, after every few of them and
/// after all, and the mean counts; what changed by more than the clock is held to is said.
class CalibrationSeries {
 public:
  /// Runs between two calibrations. A calibration takes some ten seconds: short runs are not held
  /// up for longer than they take, and beside long ones it is nothing.
  static constexpr int kRunsBetween = 12;

  CalibrationSeries(Session& session, const Tables& tables, const Workspace& workspace,
                    const Plan& plan, const TrainerSetup& trainer)
      : session_(session), tables_(tables), workspace_(workspace), plan_(plan), trainer_(trainer) {}

  /// Calibrates anew, whatever is there. Failures are told and keep no run from starting. False:
  /// interrupted.
  bool take();
  /// Writes the mean of all that were taken.
  void settle() const;

 private:
  void settle_step(const Calibration& last) const;
  void settle_network(const NetworkCalibration& last) const;

  Session& session_;
  const Tables& tables_;
  const Workspace& workspace_;
  const Plan& plan_;
  const TrainerSetup& trainer_;
  std::vector<CalibrationFiles> taken_;
};

}  // namespace lockstep
