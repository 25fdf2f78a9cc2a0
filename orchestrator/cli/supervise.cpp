#include "orchestrator/cli/supervise.hpp"

#include <fmt/format.h>

#include "orchestrator/cli/before_runs.hpp"
#include "orchestrator/schedule/study_files.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kManyRuns = 1000;  // from here on their directories take a while
}

ExitCode supervise(Session& session, const Tables& tables, const Workspace& workspace,
                   const Supervision& what, const std::function<void()>& ready) {
  const Plan& plan = what.study.plan;
  const WorkspaceLock lock(workspace.lock(), what.command, plan.study);
  if (!lock.notice().empty()) session.say(lock.notice());
  write_study(workspace, plan, what.input.text);
  tell_earlier_runs(session, tables, workspace, plan);
  if (plan.runs.size() >= kManyRuns)
    session.say(fmt::format("preparing {} run directories", plan.runs.size()));
  create_runs(workspace, plan.runs);
  if (ready) ready();
  return run_study(session, tables, workspace, what.study, what.options);
}

}  // namespace lockstep
