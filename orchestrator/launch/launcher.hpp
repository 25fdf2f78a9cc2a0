// Where jobs run: three verbs, everything else is the implementation's. A launcher knows jobs by
// their tokens and nothing of states of runs; those come from files (schedule/run_state.hpp).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/launch/launch_error.hpp"
#include "orchestrator/launch/process.hpp"

namespace lockstep {

/// One execution of one run.
struct Job {
  std::string token;                    ///< unique name of this submission, [A-Za-z0-9._-]+
  std::filesystem::path run_directory;  ///< absolute; config.json is there
  std::filesystem::path log;            ///< launch/<token>.log
  int processes = 1;                    ///< P
  bool exclusive = false;               ///< alone on the machine: the measured clock is wanted
};

struct JobStatus {
  enum class State { queued, running, ended, unknown } state = State::unknown;
  std::string token;
  std::optional<Exit> exit;  ///< of an ended job that had begun
};

class Launcher {
 public:
  virtual ~Launcher() = default;
  /// Takes the job; it may start later. Throws LaunchError for a token that was given before.
  virtual void submit(const Job& job) = 0;
  /// One answer per token, in their order; unknown for one that was never submitted here. Does not
  /// wait.
  virtual std::vector<JobStatus> poll(const std::vector<std::string>& tokens) = 0;
  /// Queued jobs end at once; running ones are asked to checkpoint and are killed after a grace
  /// period. Tokens that are unknown or have ended are ignored.
  virtual void cancel(const std::vector<std::string>& tokens) = 0;
};

/// Throws LaunchError unless the token fits [A-Za-z0-9._-]+ and does not begin with '-' or '.'.
void check_token(const std::string& token);

}  // namespace lockstep
