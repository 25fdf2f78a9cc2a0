#include <fmt/format.h>

#include "orchestrator/cli/budget.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/outcome_json.hpp"
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
           "--add-seeds lets runs at further seeds join the study and changes no file of yours: "
           "they stay asked for when\n"
           "the spec is run again, until --prune.\n"
           "Exit codes: 0 every run has a result; 2 error in the spec, or above the budget and "
           "nobody to ask; 3 some runs\n"
           "have none; 5 trainer, data or workspace missing or in use; 6 damaged records, or an "
           "identity does not hold;\n"
           "130 interrupted, or you said no.\n"
           "Example:\n"
           "  lockstep run sweeps/studies/quickstart.yaml --slots 2\n"
           "  lockstep run quickstart --add-seeds 4..6 --cells 3fa2,91c0    # by the study's name";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_option(app, "spec", spec_, kSpecHelp).required().type_name("SPEC|STUDY");
    CommandOption dry_run =
        add_flag(app, "--dry-run", dry_run_,
                 "Only print the trainer commands, in order; start and write nothing");
    add_study_options(app, more_, options_);
    add_outcome_option(app, options_).excludes(dry_run);
    add_run_options(app, options_, session);
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    const Tables tables = Tables::builtin();
    const auto input = load_spec(session, tables, spec_);
    if (!input) return ExitCode::usage;
    const Supervision what = supervision(session, tables, "run", *input, more_, options_);
    warn_of_slurm(session, what.study.launch);
    if (dry_run_) {
      show_commands(session, session.workspace(), what.study, options_);
      return ExitCode::ok;
    }
    return with_outcome(session, what.study, options_, [&](StudyOutcome& outcome) {
      const bool go_on = may_go_on(session, tables, session.workspace(), what.study.plan,
                                   what.study.launch, options_);
      if (!go_on) return ExitCode::interrupted;
      return supervise(session, tables, session.writable_workspace(), what, outcome);
    });
  }

 private:
  std::string spec_;
  bool dry_run_ = false;
  MoreSeeds more_;
  RunOptions options_;
};
}  // namespace

std::unique_ptr<Subcommand> run_command() { return std::make_unique<RunCommand>(); }

}  // namespace lockstep
