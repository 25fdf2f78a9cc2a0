#include "orchestrator/cli/supervise.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "orchestrator/cli/before_runs.hpp"
#include "orchestrator/schedule/progress.hpp"
#include "orchestrator/schedule/study_files.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"
#include "results/store/store.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kManyRuns = 1000;  // from here on their directories take a while

void prune(Session& session, const Tables& tables, const Workspace& workspace, const Plan& plan) {
  const std::size_t runs = earlier_runs(tables, workspace, plan);
  prune_study(workspace, plan);
  if (runs == 0) return;
  session.say(fmt::format(
      "{} of earlier plans left the study; what they have done stays on disk, and comes back with "
      "a spec that asks for it. To delete it: {}",
      counted(runs, "run"), session.command({"gc", "--orphans", "--yes"})));
}
}  // namespace

void add_prune_option(CLI::App& app, RunOptions& options) {
  app.add_flag("--prune", options.prune,
               "Runs of earlier versions of the spec leave the study; their files stay");
}

ExitCode supervise(Session& session, const Tables& tables, const Workspace& workspace,
                   const Supervision& what, const std::function<void()>& ready) {
  const Plan& plan = what.study.plan;
  const WorkspaceLock lock(workspace.lock(), what.command, plan.study);
  if (!lock.notice().empty()) session.say(lock.notice());
  if (std::filesystem::exists(workspace.database()))  // damage is told before hours of training
    Store(workspace.database(), Store::Mode::read_write, tables);
  write_study(workspace, plan, what.input.text);
  if (what.options.prune) {
    prune(session, tables, workspace, plan);
  } else {
    tell_earlier_runs(session, tables, workspace, plan);
  }
  if (plan.runs.size() >= kManyRuns)
    session.say(fmt::format("preparing {} run directories", plan.runs.size()));
  create_runs(workspace, plan.runs);
  if (ready) ready();
  return run_study(session, tables, workspace, what.study, what.options);
}

}  // namespace lockstep
