// How the runs of a study are to be started: the options that `run`, `submit` and `resume` share.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/cli/session.hpp"
#include "orchestrator/launch/trainer_command.hpp"
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
  bool prune = false;       ///< of `run` and `submit`: runs of earlier plans leave the study
  bool yes = false;         ///< nobody needs to be asked
  bool json = false;        ///< of `run` and `resume`: the outcome as one JSON object
  double budget_hours = 0;  ///< process-hours that need no question; 0: LOCKSTEP_BUDGET_HOURS
};
void add_run_options(CLI::App& app, RunOptions& options, Session& session);

/// The command `words` with these options, to be copied: it does the same again.
std::string command_with(const Session& session, std::vector<std::string> words,
                         const RunOptions& options);

/// Says that launch.slurm is not used, where a spec has it.
void warn_of_slurm(Session& session, const LaunchSpec& launch);

/// lockstep-train as these options ask for it.
TrainerSetup trainer_setup(const RunOptions& options);

/// Runs at once.
int slots_for(const LaunchSpec& launch, const RunOptions& options);

}  // namespace lockstep
