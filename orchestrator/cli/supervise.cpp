#include "orchestrator/cli/supervise.hpp"

#include <fmt/format.h>

#include "orchestrator/cli/before_runs.hpp"
#include "orchestrator/cli/options.hpp"
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
  session.say(
      fmt::format("{} of earlier plans or added seeds left the study; what they have done stays on "
                  "disk, and comes back when it is asked for. To delete it: {}",
                  counted(runs, "run"), session.command({"gc", "--orphans", "--yes"})));
}
}  // namespace

void add_study_options(CLI::App& app, MoreSeeds& more, RunOptions& options) {
  CommandOption seeds = add_seed_options(app, more);
  add_flag(app, "--prune", options.prune,
           "Runs of earlier versions of the spec, and of --add-seeds, leave the study; their "
           "files stay")
      .excludes(seeds);
}

Supervision supervision(Session& session, const Tables& tables, const char* command,
                        const SpecInput& input, const MoreSeeds& more, const RunOptions& options) {
  const Plan& spec = input.result.plan;
  AskedRuns asked = options.prune ? AskedRuns{spec, {}}
                                  : asked_runs(session, tables, session.workspace(), spec, more);
  return {command,
          input,
          std::move(asked.addition),
          {std::move(asked.all), input.result.launch,
           command_with(session, {command, input.again}, options)},
          options};
}

ExitCode supervise(Session& session, const Tables& tables, const Workspace& workspace,
                   const Supervision& what, StudyOutcome& outcome,
                   const std::function<void()>& ready) {
  const Plan& plan = what.study.plan;
  const WorkspaceLock lock(workspace.lock(), what.command, plan.study);
  if (!lock.notice().empty()) session.say(lock.notice());
  if (std::filesystem::exists(workspace.database()))  // damage is told before hours of training
    Store(workspace.database(), Store::Mode::read_write, tables);
  write_study(workspace, what.input.result.plan, what.input.text);
  if (what.addition) write_plan(workspace, *what.addition);
  if (what.options.prune) {
    prune(session, tables, workspace, plan);
  } else {
    tell_earlier_runs(session, tables, workspace, plan);
  }
  if (plan.runs.size() >= kManyRuns)
    session.say(fmt::format("preparing {} run directories", plan.runs.size()));
  create_runs(workspace, plan.runs);
  if (ready) ready();
  return run_study(session, tables, workspace, what.study, what.options, outcome);
}

}  // namespace lockstep
