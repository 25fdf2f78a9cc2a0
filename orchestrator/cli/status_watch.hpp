// `lockstep status --watch`: the states of a study, looked at again and again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/session.hpp"
#include "orchestrator/cli/study_states.hpp"
#include "orchestrator/launch/timer.hpp"

namespace lockstep {

/// What a look found.
struct WatchLook {
  std::vector<RunStatus> states;
  bool attended = true;  ///< somebody supervises the study
};

struct WatchOptions {
  double interval_s = 2;
  bool all = false;
};

/// Shows what `look` gives every `interval_s`: on a terminal in place, elsewhere one block of lines
/// after the other, each with its time. Ends with ok on Ctrl-C, which only ends the looking, when
/// every run has a result, failed or was cancelled, and when none runs and nobody attends to them.
ExitCode watch_status(Session& session, Timer& timer, const std::string& study,
                      const WatchOptions& options, const std::function<WatchLook()>& look);

}  // namespace lockstep
