#include "orchestrator/cli/run_options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "orchestrator/cli/budget.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/schedule/machine.hpp"

namespace lockstep {

void add_run_options(CLI::App& app, RunOptions& options, Session& session) {
  add_data_option(app, options.data);
  add_option(app, "--slots", options.slots,
             "Runs at once (else launch.local.slots of the spec, else one per core)")
      .between(1, 100000)
      .type_name("N");
  add_option(app, "--checkpoint-every", options.checkpoint_every_s,
             "Seconds between checkpoints of a run")
      .between(0.1, 1e7)
      .type_name("S");
  add_flag(app, "--measured-clock", options.measured_clock,
           "One process per worker, one run at a time: wall-clock time can be reported");
  add_flag(app, "--no-calibration", options.no_calibration,
           "Do not measure step costs after the runs");
  add_flag(app, "--no-certificates", options.no_certificates,
           "Do not check identities (resume, H = 1, ...) on the study's model before the runs");
  add_flag(app, "--no-report", options.no_report, "Do not write the report after the runs");
  add_budget_options(app, options, session);
}

std::string command_with(const Session& session, std::vector<std::string> words,
                         const RunOptions& options) {
  const auto add = [&](std::vector<std::string> more) {
    words.insert(words.end(), more.begin(), more.end());
  };
  if (!options.data.empty()) add({"--data", options.data});
  if (options.slots > 0) add({"--slots", std::to_string(options.slots)});
  if (options.checkpoint_every_s > 0) {
    add({"--checkpoint-every", fmt::format("{}", options.checkpoint_every_s)});
  }
  if (options.measured_clock) add({"--measured-clock"});
  if (options.no_calibration) add({"--no-calibration"});
  if (options.no_certificates) add({"--no-certificates"});
  if (options.no_report) add({"--no-report"});
  if (options.budget_hours > 0) add({"--budget-hours", fmt::format("{}", options.budget_hours)});
  if (options.yes) add({"--yes"});
  return session.command(std::move(words));
}

void warn_of_slurm(Session& session, const LaunchSpec& launch) {
  if (launch.slurm.given) {
    session.say("launch.slurm is not used: the runs work on this machine");
  }
}

TrainerSetup trainer_setup(const RunOptions& options) {
  return {trainer_program(), data_folder(options.data), options.checkpoint_every_s,
          ::geteuid() == 0};
}

int slots_for(const LaunchSpec& launch, const RunOptions& options) {
  if (options.slots > 0) return options.slots;
  if (launch.local.slots > 0) return launch.local.slots;
  return usable_cores();
}

}  // namespace lockstep
