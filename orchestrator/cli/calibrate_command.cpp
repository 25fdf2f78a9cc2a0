#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/study_calibration.hpp"
#include "orchestrator/cli/study_runner.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"

namespace lockstep {

namespace {
Json to_json(const MeasuredStep& step) {
  const Calibration& found = step.calibration;
  return {{"key", found.key},
          {"machine", found.machine},
          {"step_s", found.cost.step_s},
          {"backward_s", found.cost.backward_s},
          {"average_s", found.cost.average_s},
          {"p10_s", found.p10_s},
          {"p90_s", found.p90_s},
          {"deviation_s", found.spread.deviation_s},
          {"interrupted_s", found.spread.interrupted_s},
          {"samples", found.samples},
          {"held_up", step.held_up},
          {"busy", step.busy}};
}

Json to_json(const NetworkCalibration& network) {
  return {{"machine", network.machine},
          {"latency_s", network.fit.network.latency_s},
          {"bandwidth_bytes_s", network.fit.network.bandwidth_bytes_s},
          {"r_squared", network.fit.r_squared},
          {"source", network.fit.network.source}};
}

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
    add_option(app, "study", study_, "Name of a study in the workspace, or a spec file")
        .required()
        .type_name("STUDY|SPEC");
    add_option(app, "--seconds", seconds_, "Measuring time for each kind of step")
        .between(0.1, 3600)
        .type_name("S");
    add_data_option(app, options_.data);
    add_flag(app, "--missing", missing_, "Only what is not calibrated yet");
    add_flag(app, "--json", json_, "One JSON object on stdout: what was measured");
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
    } else if (outcome.failures.empty()) {
      session.say("next: " + next(session, workspace, plan.study, outcome));
    }
    const ExitCode code = outcome.interrupted        ? ExitCode::interrupted
                          : outcome.failures.empty() ? ExitCode::ok
                                                     : ExitCode::environment;
    if (json_) show_json(session, workspace, plan.study, outcome, code);
    return code;
  }

 private:
  /// What goes on, else what draws the report anew, else what tells the time that a spec takes.
  std::string next(const Session& session, const Workspace& workspace, const std::string& study,
                   const CalibrationOutcome& outcome) const {
    if (outcome.interrupted || !outcome.failures.empty())
      return session.command({"calibrate", study_, "--missing"});
    if (workspace.plans(study).empty()) return session.command({"plan", study_});
    return session.command({"report", study});
  }

  void show_json(Session& session, const Workspace& workspace, const std::string& study,
                 const CalibrationOutcome& outcome, ExitCode code) const {
    Json steps = Json::array();
    for (const MeasuredStep& step : outcome.steps) steps.push_back(to_json(step));
    print_json(session, {{"format", kJsonFormat},
                         {"study", study},
                         {"outcome", outcome.interrupted ? "interrupted" : "finished"},
                         {"exit_code", static_cast<int>(code)},
                         {"exit_meaning", meaning_of(code)},
                         {"steps", std::move(steps)},
                         {"network", outcome.network ? to_json(*outcome.network) : Json(nullptr)},
                         {"failures", outcome.failures},
                         {"next_command", next(session, workspace, study, outcome)}});
  }

  std::string study_;
  double seconds_ = 10;
  bool missing_ = false, json_ = false;
  RunOptions options_;
};
}  // namespace

std::unique_ptr<Subcommand> calibrate_command() { return std::make_unique<CalibrateCommand>(); }

}  // namespace lockstep
