// The reconcile loop over the runs of a study on this machine: what is shown, stopped, cancelled
// and calibrated while it works.
#pragma once

#include <vector>

#include "orchestrator/cli/calibration_series.hpp"
#include "orchestrator/cli/study_runner.hpp"
#include "orchestrator/schedule/reconcile.hpp"

namespace lockstep {

/// Whether spec or command line want times of the measured clock.
bool wants_measured(const StudyToRun& study, const RunOptions& options);

/// All runs of the study with their jobs, in the order in which they are started.
std::vector<RunToDo> todo_in_order(const Workspace& workspace, const StudyToRun& study,
                                   const RunOptions& options);

/// Runs what is missing. finished, interrupted (by a signal) or cancelled (by `lockstep cancel`);
/// runs that were at work have checkpointed then, or were killed after a minute. `calibrations`: to
/// be taken among the runs; null: not wanted. Throws LaunchError where no trainer can be started.
StudyOutcome::Ending execute_study(Session& session, const Tables& tables,
                                   const Workspace& workspace, const StudyToRun& study,
                                   const RunOptions& options, CalibrationSeries* calibrations);

}  // namespace lockstep
