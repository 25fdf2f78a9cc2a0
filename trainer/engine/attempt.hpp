// One attempt at a run: from a run directory with a config.json to a RESULT. Claims its number,
// loads data and the newest good checkpoint, trains, records, publishes.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>

#include "results/record/retention.hpp"
#include "trainer/comm/metered.hpp"
#include "trainer/engine/failure.hpp"
#include "trainer/engine/registry.hpp"

namespace lockstep {

struct AttemptOptions {
  std::filesystem::path run_directory;
  std::string token;
  std::filesystem::path data_folder;
  double checkpoint_every_s = 300;
  Retention keep;
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
/// Where rank 0 fails for want of memory or disk, or all stand still, the attempt still gets a
/// RESULT with that reason if its records take an end; the exception goes on.
TrainExit run_attempt(const Registry& registry, const RunConfig& config,
                      const AttemptOptions& options, const ProcessPlace& place,
                      MeteredCommunicator& comm);

}  // namespace lockstep
