#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "orchestrator/cli/arguments.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/study_calibration.hpp"
#include "orchestrator/cli/study_runner.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"

namespace lockstep {

namespace {
class CalibrateCommand : public Subcommand {
 public:
  const char* name() const override { return "calibrate"; }
  const char* summary() const override {
    return "Measure step costs and network of this machine for a study";
  }
  const char* lesson() const override {
    return "The simulated clock needs the cost of one local step of each kind (model, batch, "
           "precision): one process\n"
           "per core steps at the same time, data loading included, no sync; the mean of their "
           "medians is kept, and\n"
           "replaces what was measured before. Let the machine do nothing else meanwhile.\n"
           "Example:\n"
           "  lockstep calibrate sweeps/studies/quickstart.yaml --seconds 10\n"
           "  lockstep report quickstart         # drawn anew, nothing is trained again";
  }
  void add_options(CLI::App& app, Session& session) override {
    app.add_option("study", study_, "Name of a study in the workspace, or a spec file")
        ->required()
        ->type_name("STUDY|SPEC");
    app.add_option("--seconds", seconds_, "Measuring time for each kind of step")
        ->check(between(0.1, 3600))
        ->type_name("S");
    app.add_option("--data", options_.data,
                   "Folder of data sets (else LOCKSTEP_DATA, ./data, /usr/share/datasets)")
        ->check(not_empty())
        ->type_name("DIR");
    app.add_flag("--missing", missing_, "Only what is not calibrated yet");
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    const Tables tables = Tables::builtin();
    Plan plan;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(study_, ignored)) {
      const auto input = load_spec(session, tables, study_);
      if (!input) return ExitCode::usage;
      plan = input->result.plan;
    } else {
      plan = load_study(session, tables, session.workspace(), study_);
    }
    const Workspace workspace = session.writable_workspace();
    const WorkspaceLock lock(workspace.lock(), "calibrate", plan.study);
    const CalibrationOutcome outcome =
        calibrate(session, tables, workspace, plan, trainer_setup(options_), seconds_, !missing_);
    for (const std::string& failure : outcome.failures) session.say(failure);
    if (outcome.interrupted) {
      session.say(
          "interrupted; what is measured is kept, and the same command with --missing goes on");
      return ExitCode::interrupted;
    }
    return outcome.failures.empty() ? ExitCode::ok : ExitCode::environment;
  }

 private:
  std::string study_;
  double seconds_ = 10;
  bool missing_ = false;
  RunOptions options_;
};
}  // namespace

std::unique_ptr<Subcommand> calibrate_command() { return std::make_unique<CalibrateCommand>(); }

}  // namespace lockstep
