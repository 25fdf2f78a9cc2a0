#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "orchestrator/cli/before_runs.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/study_runner.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/schedule/study_files.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kManyRuns = 1000;  // from here on their directories take a while

class RunCommand : public Subcommand {
 public:
  const char* name() const override { return "run"; }
  const char* summary() const override {
    return "Run a study on this machine, import, and report: the whole thing";
  }
  const char* lesson() const override {
    return "Does what is missing and nothing else: runs that are done are kept, interrupted ones "
           "go on from their\n"
           "last checkpoint. Ctrl-C lets runs write a checkpoint and ends; the same command goes "
           "on, also after a\n"
           "crash. Runs that failed are left alone: see `lockstep status` and `lockstep resume`.\n"
           "Example:\n"
           "  lockstep run sweeps/studies/quickstart.yaml --slots 2";
  }
  void add_options(CLI::App& app, Session& session) override {
    app.add_option("spec", spec_, "The study's YAML file")->required()->type_name("SPEC");
    app.add_flag("--dry-run", dry_run_,
                 "Only print the trainer commands, in order; start and write nothing");
    add_run_options(app, options_);
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    const Tables tables = Tables::builtin();
    const auto input = load_spec(session, tables, spec_);
    if (!input) return ExitCode::usage;
    const StudyToRun study{input->result.plan, input->result.launch,
                           command_with(session, {"run", spec_}, options_)};
    warn_of_slurm(session, study.launch);
    if (dry_run_) {
      show_commands(session, session.workspace(), study, options_);
      return ExitCode::ok;
    }
    const Workspace workspace = session.writable_workspace();
    const WorkspaceLock lock(workspace.lock(), "run");
    if (!lock.notice().empty()) session.say(lock.notice());
    write_study(workspace, study.plan, input->text);
    tell_earlier_runs(session, tables, workspace, study.plan);
    if (study.plan.runs.size() >= kManyRuns)
      session.say(fmt::format("preparing {} run directories", study.plan.runs.size()));
    create_runs(workspace, study.plan.runs);
    return run_study(session, tables, workspace, study, options_);
  }

 private:
  std::string spec_;
  bool dry_run_ = false;
  RunOptions options_;
};
}  // namespace

std::unique_ptr<Subcommand> run_command() { return std::make_unique<RunCommand>(); }

}  // namespace lockstep
