// What is seen while a study runs: on a terminal one status line that is redrawn, elsewhere one
// plain line per run that ended. Goes to stderr.
#pragma once

#include <map>
#include <string>

#include "orchestrator/cli/session.hpp"
#include "orchestrator/launch/timer.hpp"
#include "orchestrator/schedule/progress.hpp"
#include "results/record/workspace.hpp"

namespace lockstep {

class ProgressDisplay {
 public:
  /// `labels`: run -> what to call it. All must outlive it.
  ProgressDisplay(Session& session, Timer& timer, const Workspace& workspace,
                  const std::map<std::string, std::string>& labels);
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void changed(const std::string& run, const Verdict& verdict);
  /// Redraws now and then; cheap.
  void tick();
  /// A line of its own, above the status line.
  void say(const std::string& text);

 private:
  void clear_line();
  void read_shares();

  Session& session_;
  Timer& timer_;
  const Workspace& workspace_;
  const std::map<std::string, std::string>& labels_;
  std::map<std::string, Verdict> verdicts_;
  RunShares shares_;
  double began_s_, next_draw_s_ = 0;
  double share_at_start_ = -1;  ///< not yet known
  bool drawn_ = false;
};

}  // namespace lockstep
