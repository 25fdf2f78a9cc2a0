// One child process, owned. The only place where processes are made but for detached.hpp;
// Boost.Process stays in the .cpp, arguments are vectors and no shell is involved. A child never
// outlives its owner unnoticed: it gets SIGTERM when the thread that started it dies, whatever
// killed it (start children from the main thread only).
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/launch/launch_error.hpp"

namespace lockstep {

/// How a process ended.
struct Exit {
  int code = 0;    ///< meaningful where signal is 0
  int signal = 0;  ///< that killed it
  /// As a shell shows it: 128 + signal for a killed one.
  int shell_code() const { return signal == 0 ? code : 128 + signal; }
  bool operator==(const Exit&) const = default;
};

/// From what waitpid() gave.
Exit exit_from(int status);

struct ProcessStart {
  std::vector<std::string> argv;  ///< argv[0] is looked for in PATH if it has no slash
  std::map<std::string, std::string> environment;  ///< over the caller's own
  std::filesystem::path directory;                 ///< empty: the caller's
  /// Descriptors of the caller that become 0, 1 and 2; they stay open and the caller's. stdin:
  /// /dev/null for -1.
  int stdin_fd = -1, stdout_fd = 1, stderr_fd = 2;
  int death_signal = 15;  ///< that the child gets when its owner dies; SIGTERM
};

class Process {
 public:
  /// Starts the program in a process group of its own. Throws LaunchError with program and reason.
  static Process start(const ProcessStart& what);

  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  /// Kills the group, if it still runs, and reaps the child.
  ~Process();

  pid_t pid() const { return pid_; }
  /// Reaps without waiting. Nothing while it runs; the same answer for ever afterwards.
  std::optional<Exit> poll();
  /// Waits at most `deadline_s`.
  std::optional<Exit> wait(double deadline_s);
  /// Sends a signal to the whole group; nothing happens where it has ended.
  void signal(int number);

 private:
  explicit Process(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
  std::optional<Exit> exit_;
};

/// The file that `name` would run: itself if it has a slash and can be executed, else the first hit
/// in PATH.
std::optional<std::filesystem::path> find_program(const std::string& name);

}  // namespace lockstep
