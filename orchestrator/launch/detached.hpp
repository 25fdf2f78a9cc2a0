// A copy of this process that goes on in the background: in a session of its own, without a
// terminal, all it says in a log. It outlives its parent, the terminal and the log-out.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "orchestrator/launch/launch_error.hpp"
#include "orchestrator/launch/process.hpp"

namespace lockstep {

/// How the start of a background process went. Neither `ready` nor `exit`: it is still at it.
struct DetachedStart {
  pid_t pid = -1;
  bool ready = false;
  std::optional<Exit> exit;  ///< it ended before it was ready; its log says why
};

/// Forks; the copy calls `work` with a function that it calls once it is ready, and exits with what
/// `work` returns. Waits until it is ready or has ended, at most `deadline_s`. `log` is a new file.
/// Call it from the only thread, with nothing open that must not be shared. `work` does not throw.
/// Throws LaunchError if the log cannot be made or the system has no process left.
DetachedStart start_detached(const std::filesystem::path& log, double deadline_s,
                             const std::function<int(const std::function<void()>& ready)>& work);

}  // namespace lockstep
