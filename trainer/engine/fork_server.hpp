// Starts jobs by fork: libraries and data are loaded once, in the server, and a job begins in
// milliseconds. A job is a process like any other (own pid, group, log, signals and command line),
// and how it ends is nobody else's business. Neither LibTorch nor MPI here.
//
// Lines of JSON on stdin:   {"token": "...", "log": "/path", "argv": ["lockstep-train",
// "--run-dir", ...]} and on stdout:            {"event": "ready"}
//                           {"event": "started", "token": "...", "pid": 12}
//                           {"event": "ended", "token": "...", "code": 0, "signal": 0}
//                           {"event": "refused", "token": "...", "why": "..."}   it has not begun
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace lockstep {

struct ServedProgram {
  /// In the server, before a job is forked: load what jobs have in common. It must start no thread
  /// and must not throw; what fails here will fail in the job, which says so in its log.
  std::function<void(const std::vector<std::string>& argv)> prepare;
  /// In the job: what main() does. The result is the exit code.
  std::function<int(const std::vector<std::string>& argv)> run;
};

/// Serves until stdin ends or SIGTERM comes; then jobs get SIGTERM, which asks them to checkpoint,
/// a minute later SIGKILL, and it returns the exit code of the server. `argv` are its own words.
/// Jobs get SIGTERM also where the server dies.
int serve_forks(const std::vector<std::string>& argv, const ServedProgram& program);

}  // namespace lockstep
