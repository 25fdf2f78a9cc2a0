#include <fmt/format.h>

#include <filesystem>

#include "orchestrator/cli/budget.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/outcome_json.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/study_runner.hpp"
#include "orchestrator/cli/study_states.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/schedule/study_files.hpp"
#include "orchestrator/schedule/submissions.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"

namespace lockstep {

namespace {
/// Gives the runs that failed or were cancelled a fresh start of their retry budgets.
int forgive_failures(const Workspace& workspace, const Plan& plan) {
  Submissions submissions(workspace.submissions(plan.study));
  std::map<std::string, Forgiveness> forgiven;
  for (const RunStatus& status : states_of(workspace, plan)) {
    if (status.verdict.state != RunState::failed && status.verdict.state != RunState::cancelled)
      continue;
    const auto known = submissions.of(status.id);
    const auto attempts = workspace.run(status.id).claimed_attempts();
    forgiven[status.id] = {known.empty() ? 0 : known.back().number,
                           attempts.empty() ? 0 : attempts.back()};
  }
  submissions.forgive(forgiven);
  return static_cast<int>(forgiven.size());
}

/// How the study's newest spec wants to be launched; defaults where the copy is gone.
LaunchSpec launch_of(const Workspace& workspace, const Tables& tables, const std::string& study) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(workspace.spec(study), ignored)) return {};
  const SpecResult result = read_spec(tables, read_file(workspace.spec(study)));
  return result.ok() ? result.launch : LaunchSpec{};
}

class ResumeCommand : public Subcommand {
 public:
  const char* name() const override { return "resume"; }
  const char* summary() const override {
    return "Try again what failed, was cancelled, timed out, got lost or was stopped early";
  }
  const char* lesson() const override {
    return "Every run goes on from its last good checkpoint, or from the start where it has none. "
           "Unlike\n"
           "`lockstep run`, failed and cancelled runs are tried again too: do it after the cause "
           "is removed.\n"
           "Runs that were stopped early (launch: early_stop) are trained to their end, and are "
           "not stopped again.\n"
           "Example:\n"
           "  lockstep status quickstart     # what failed and why\n"
           "  lockstep resume quickstart";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_option(app, "study", study_, "Name of the study").required().type_name("STUDY");
    add_outcome_option(app, options_);
    add_run_options(app, options_, session);
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    const Tables tables = Tables::builtin();
    const StudyToRun study{load_study(session, tables, session.workspace(), study_),
                           launch_of(session.workspace(), tables, study_),
                           command_with(session, {"resume", study_}, options_)};
    return with_outcome(session, study, options_, [&](StudyOutcome& outcome) {
      return resume(session, tables, study, outcome);
    });
  }

 private:
  ExitCode resume(Session& session, const Tables& tables, const StudyToRun& study,
                  StudyOutcome& outcome) const {
    if (!may_go_on(session, tables, session.workspace(), study.plan, study.launch, options_, true))
      return ExitCode::interrupted;
    const Workspace workspace = session.writable_workspace();
    const WorkspaceLock lock(workspace.lock(), "resume", study_);
    if (!lock.notice().empty()) session.say(lock.notice());
    create_runs(workspace, study.plan.runs);
    if (const int again = forgive_failures(workspace, study.plan); again > 0) {
      session.say(fmt::format("{} tried again",
                              again == 1 ? "1 failed or cancelled run is"
                                         : fmt::format("{} failed or cancelled runs are", again)));
    }
    Submissions submissions(workspace.submissions(study_));
    if (const int on = submissions.lift_early_stops(); on > 0) {
      session.say(fmt::format("{} stopped early: trained to the end now",
                              on == 1 ? "1 run was" : fmt::format("{} runs were", on)));
    }
    warn_of_slurm(session, study.launch);
    return run_study(session, tables, workspace, study, options_, outcome);
  }

  std::string study_;
  RunOptions options_;
};
}  // namespace

std::unique_ptr<Subcommand> resume_command() { return std::make_unique<ResumeCommand>(); }

}  // namespace lockstep
