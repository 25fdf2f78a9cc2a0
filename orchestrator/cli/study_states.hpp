// The states of a study's runs, read from files: what plan, status, run and resume have in common.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "orchestrator/schedule/run_state.hpp"
#include "orchestrator/schedule/study_list.hpp"
#include "orchestrator/schedule/submissions.hpp"
#include "results/record/workspace.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep {

struct RunStatus {
  std::string id;
  std::string cell;
  std::string label;
  Verdict verdict;
  int attempts = 0;
  double share = 0;      ///< of its steps, as last heard, 0..1
  std::string log;       ///< newest job log; empty: none, or a result is there
  std::string degraded;  ///< checkpoints of its newest attempt failed, and why
  // Of a run that runs, as its newest attempt said last:
  double steps_per_s = 0;
  double silent_s = 0;  ///< since then
  std::int64_t steps_left = 0;
};

/// One per run, in their order; `submissions` are those of their study. Reads only.
std::vector<RunStatus> states_of(const Workspace& workspace, const Submissions& submissions,
                                 std::vector<ListedRun> runs);
std::vector<RunStatus> states_of(const Workspace& workspace, const Plan& plan);

/// The log of the newest submission that has one; of another study's if this one has none; empty
/// where nothing was started.
std::string newest_log(const RunDirectory& directory, const Submissions& submissions,
                       const RunFacts& facts);

/// Only `resume` takes it up again. Not what cannot be read: that says itself what to do.
bool wants_resume(const RunStatus& status);

/// Runs of the plan that are new or go on by themselves; `states` are those of the same plan.
std::vector<PlannedRun> runs_to_do(const Plan& plan, const std::vector<RunStatus>& states);

/// Bytes of a finished run's directory, mean over some of them; 0 where there is none.
double bytes_per_run(const Workspace& workspace, const std::vector<RunStatus>& states);

/// Those that neither are done nor diverged nor were stopped early on purpose: failed, stopped, or
/// still to do.
std::vector<RunStatus> without_result(const std::vector<RunStatus>& states);

/// How many were stopped early.
std::size_t stopped_early(const std::vector<RunStatus>& states);

/// State name -> how many; names in the order of RunState, absent where none.
std::vector<std::pair<std::string, int>> counts_of(const std::vector<RunStatus>& states);

/// "3 done, 1 failed"
std::string counts_text(const std::vector<RunStatus>& states);

}  // namespace lockstep
