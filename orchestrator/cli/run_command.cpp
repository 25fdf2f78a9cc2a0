#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "orchestrator/cli/budget.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/cli/supervise.hpp"

namespace lockstep {

namespace {
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
           "crash. Runs that failed or were cancelled are left alone: see `lockstep status` and "
           "`lockstep "
           "resume`.\n"
           "Example:\n"
           "  lockstep run sweeps/studies/quickstart.yaml --slots 2";
  }
  void add_options(CLI::App& app, Session& session) override {
    app.add_option("spec", spec_, "The study's YAML file")->required()->type_name("SPEC");
    app.add_flag("--dry-run", dry_run_,
                 "Only print the trainer commands, in order; start and write nothing");
    add_prune_option(app, options_);
    add_run_options(app, options_);
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    const Tables tables = Tables::builtin();
    const auto input = load_spec(session, tables, spec_);
    if (!input) return ExitCode::usage;
    Supervision what{
        "run",
        *input,
        {input->result.plan, input->result.launch, command_with(session, {"run", spec_}, options_)},
        options_};
    warn_of_slurm(session, what.study.launch);
    if (dry_run_) {
      show_commands(session, session.workspace(), what.study, options_);
      return ExitCode::ok;
    }
    if (!may_go_on(session, tables, session.workspace(), what.study.plan, what.study.launch,
                   options_)) {
      return ExitCode::interrupted;
    }
    return supervise(session, tables, session.writable_workspace(), what);
  }

 private:
  std::string spec_;
  bool dry_run_ = false;
  RunOptions options_;
};
}  // namespace

std::unique_ptr<Subcommand> run_command() { return std::make_unique<RunCommand>(); }

}  // namespace lockstep
