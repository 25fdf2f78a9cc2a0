// One attempt at a run: from a run directory with a config.json to a RESULT. Claims its number,
// loads data and the newest good checkpoint, trains, records, publishes.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>

#include "trainer/comm/metered.hpp"
#include "trainer/engine/registry.hpp"

namespace lockstep {

/// Exit codes of lockstep-train. Names on disk and in scripts depend on them.
enum class TrainExit : int {
  done = 0,  ///< or diverged: a result
  configuration = 2,
  data_missing = 69,
  internal = 70,
  hang = 71,
  storage = 74,
  checkpointed = 75,  ///< wants to go on
  fenced = 78         ///< a newer attempt exists
};

struct AttemptOptions {
  std::filesystem::path run_directory;
  std::string token;
  std::filesystem::path data_folder;
  double checkpoint_every_s = 300;
  double hang_timeout_s = 600;  ///< 0: wait for ever
  std::int64_t stop_at_step = 0;
  bool exclusive = false;  ///< the machine is this run's alone: the measured clock may be used
  const std::atomic<bool>* stop = nullptr;  ///< set by a signal handler
};

/// Where this process stands, for everything that is done once or named per process.
struct ProcessPlace {
  int rank = 0;
  int processes = 1;
  std::function<void(int)>
      abort;  ///< ends all processes with an exit code; may be called from another thread
};

/// Called by all processes alike. One line per evaluation to stdout, problems to stderr (rank 0).
TrainExit run_attempt(const Registry& registry, const RunConfig& config,
                      const AttemptOptions& options, const ProcessPlace& place,
                      MeteredCommunicator& comm);

}  // namespace lockstep
