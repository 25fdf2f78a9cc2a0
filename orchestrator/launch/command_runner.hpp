// Runs a short command and brings back what it said: the seam behind which doctor, calibration and
// the Slurm client are tested without any program.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "orchestrator/launch/launch_error.hpp"

namespace lockstep {

struct Command {
  std::vector<std::string> argv;
  std::string input;                               ///< the command's whole stdin
  std::filesystem::path directory;                 ///< empty: the caller's
  std::map<std::string, std::string> environment;  ///< over the caller's own
  double deadline_s = 30;                          ///< then it is killed with all its children
};

struct CommandResult {
  int rc = 0;  ///< exit code; 128 + signal for a killed one
  std::string out, err;
  bool timed_out = false;
  bool ok() const { return rc == 0 && !timed_out; }
};

class CommandRunner {
 public:
  virtual ~CommandRunner() = default;
  /// Throws LaunchError if the program cannot be started. A failing command is a result.
  virtual CommandResult run(const Command& command) = 0;
};

/// Real processes. Output goes through anonymous files, so no amount of it can block the command.
class ProcessRunner : public CommandRunner {
 public:
  CommandResult run(const Command& command) override;
};

}  // namespace lockstep
