// Runs what is missing of a study on this machine: the part that `run`, `submit` and `resume` have
// in common.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/session.hpp"
#include "orchestrator/launch/trainer_command.hpp"
#include "results/record/workspace.hpp"
#include "sweeps/run/tables.hpp"
#include "sweeps/spec/sweep_spec.hpp"

namespace CLI {
class App;
}

namespace lockstep {

/// Options of `run`, `submit` and `resume`.
struct RunOptions {
  std::string data;
  int slots = 0;  ///< 0: as the spec says, else one per core
  double checkpoint_every_s = 0;
  bool no_calibration = false;
  bool no_certificates = false;
  bool no_report = false;
  bool measured_clock = false;
  bool yes = false;         ///< nobody needs to be asked
  double budget_hours = 0;  ///< process-hours that need no question; 0: LOCKSTEP_BUDGET_HOURS
};
void add_run_options(CLI::App& app, RunOptions& options);

/// The command `words` with these options, to be copied: it does the same again.
std::string command_with(const Session& session, std::vector<std::string> words,
                         const RunOptions& options);

/// Says that launch.slurm is not used, where a spec has it.
void warn_of_slurm(Session& session, const LaunchSpec& launch);

/// lockstep-train as these options ask for it.
TrainerSetup trainer_setup(const RunOptions& options);

/// Runs at once.
int slots_for(const LaunchSpec& launch, const RunOptions& options);

struct StudyToRun {
  Plan plan;
  LaunchSpec launch;
  std::string again;  ///< the command that goes on, for messages
};

/// Throws LaunchError if the trainer or a data set that runs of the study need is not here.
void require_what_runs_need(const Tables& tables, const std::vector<PlannedRun>& to_do,
                            const RunOptions& options);

/// The caller holds the lock and has written plan and run directories. Runs, imports, calibrates
/// what is not yet calibrated, reports, and names what has no result. Before the first run, checks
/// the identities that have no certificate. Ends with ok, some_failed, interrupted, or, where an
/// identity does not hold, integrity.
ExitCode run_study(Session& session, const Tables& tables, const Workspace& workspace,
                   const StudyToRun& study, const RunOptions& options);

/// The command lines that run_study would execute, in order, on stdout. Starts and writes nothing.
void show_commands(Session& session, const Workspace& workspace, const StudyToRun& study,
                   const RunOptions& options);

}  // namespace lockstep
