// Runs what is missing of a study on this machine: the part that `run`, `submit` and `resume` have
// in common.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/run_options.hpp"
#include "orchestrator/cli/session.hpp"
#include "results/record/workspace.hpp"
#include "sweeps/run/tables.hpp"
#include "sweeps/spec/sweep_spec.hpp"

namespace lockstep {

struct StudyToRun {
  Plan plan;
  LaunchSpec launch;
  std::string again;  ///< the command that goes on, for messages
};

/// How far a study came: filled as it goes, so that it holds also where something throws.
struct StudyOutcome {
  enum class Ending {
    not_started,  ///< no run was started
    broken_off,   ///< by an error, after the first run or without any that was to do
    interrupted,
    cancelled,  ///< by `lockstep cancel`, while it ran
    finished    ///< all was done that can be: the exit code tells whether every run has a result
  };
  Ending ending = Ending::not_started;
  bool reported = false;  ///< the files of the report were written
  std::string next;       ///< the command to type next; empty: nothing is left to do
};

/// Throws LaunchError if the trainer or a data set that runs of the study need is not here.
void require_what_runs_need(const Tables& tables, const std::vector<PlannedRun>& to_do,
                            const RunOptions& options);

/// The caller holds the lock and has written plan and run directories. Runs, imports, calibrates
/// what is not yet calibrated, reports, and names what has no result. Before the first run, checks
/// the identities that have no certificate. Ends with ok, some_failed, interrupted, or, where an
/// identity does not hold, integrity. Prints the frontier on stdout, unless options.json.
ExitCode run_study(Session& session, const Tables& tables, const Workspace& workspace,
                   const StudyToRun& study, const RunOptions& options, StudyOutcome& outcome);

/// The command lines that run_study would execute, in order, on stdout. Starts and writes nothing.
void show_commands(Session& session, const Workspace& workspace, const StudyToRun& study,
                   const RunOptions& options);

}  // namespace lockstep
