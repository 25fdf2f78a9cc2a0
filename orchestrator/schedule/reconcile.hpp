// The reconcile loop: starts what is missing, until nothing is. It holds no truth of its own: every
// decision is judge() over facts, so it can be killed anywhere and called again. Files, processes
// and time are behind seams.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "orchestrator/launch/launcher.hpp"
#include "orchestrator/launch/timer.hpp"
#include "orchestrator/schedule/directory_facts.hpp"
#include "orchestrator/schedule/run_state.hpp"

namespace lockstep {

/// A run as the loop sees it. The token and the log of a job are filled in when it is submitted.
struct RunToDo {
  std::string run;
  Job job;
};

/// The journal, as far as the loop needs it: a seam over Submissions.
class Journal {
 public:
  virtual ~Journal() = default;
  virtual std::string prepare(const std::string& run) = 0;
  virtual void ended(const std::string& token, const std::optional<Exit>& exit) = 0;
  virtual void stopping(const std::string& token) = 0;
  /// Runs that are to end since the last call: the user has cancelled them, or they are stopped
  /// early.
  virtual std::vector<std::string> newly_to_end() { return {}; }
};

struct ReconcileOptions {
  RetryPolicy policy;
  int ahead = 4;               ///< jobs that the launcher has at once, running and queued
  double poll_s = 0.02;        ///< between two looks at the launcher
  double cancel_poll_s = 0.5;  ///< between two looks for runs that are to end
  double foreign_poll_s = 1;   ///< between two looks at runs that somebody else's process works on
  double retry_delay_s =
      2;  ///< before the first retry after an infrastructure failure; doubles each time
  double foreign_limit_s =
      300;  ///< how long to wait for processes that are not ours, after all else is done
  int pause_after = 0;  ///< jobs after which nothing runs for once, if more are to come; 0: never
};

enum class Stop { no, checkpoint };

/// What the loop tells while it works. All may be empty.
struct ReconcileEvents {
  std::function<void(const std::string& run, const Verdict&)>
      changed;                  ///< also once per run at the start
  std::function<void()> tick;   ///< after every look
  std::function<Stop()> stop;   ///< asked at every look
  std::function<void()> pause;  ///< in a pause: none of our jobs runs until it returns
};

using Verdicts = std::map<std::string, Verdict>;

/// Runs `todo` in its order. Returns the last verdict of every run. `blocked` ones are tried once;
/// `failed` and `cancelled` ones not at all. After a stop nothing is submitted, running jobs are
/// cancelled and waited for: the launcher kills those that do not end in its grace period.
Verdicts reconcile(const std::vector<RunToDo>& todo, Launcher& launcher, FactSource& facts,
                   Journal& journal, Timer& timer, const ReconcileOptions& options,
                   const ReconcileEvents& events);

}  // namespace lockstep
