// Early stopping as `run`, `submit` and `resume` do it: where the spec asks for it, over the index
// of the workspace.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "orchestrator/cli/session.hpp"
#include "orchestrator/cli/study_states.hpp"
#include "orchestrator/schedule/early_stopper.hpp"
#include "sweeps/spec/sweep_spec.hpp"

namespace lockstep {

class StudyEarlyStop {
 public:
  using Say = std::function<void(const std::string&)>;

  /// Does nothing unless the spec has `launch: early_stop`. `say` is called when looking fails,
  /// once for each reason: the study goes on, and it is tried again.
  StudyEarlyStop(const Tables& tables, const Workspace& workspace, const std::string& study,
                 const EarlyStopLaunch& asked, Submissions& submissions, Timer& timer, Say say);

  void changed(const std::string& run, RunState state);
  std::vector<std::string> look();

 private:
  Say say_;
  std::unique_ptr<EarlyStopper> stopper_;  ///< none: not asked for
  std::set<std::string> told_;
};

/// How many runs were stopped on purpose, why it is no failure, and the command that undoes it;
/// nothing where none was.
void tell_stopped_early(Session& session, const std::vector<RunStatus>& states,
                        const std::string& undo);

}  // namespace lockstep
