// The Slurm job script and the sbatch command line, as pure text. The script is the same for every
// study: what to run stands in the files that it is given, and nothing from a spec ever becomes
// shell text. Resources go on the command line as single words, each checked against a whitelist.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "orchestrator/launch/launch_error.hpp"

namespace lockstep {

/// One array: runs that need the same resources.
struct SbatchRequest {
  std::string
      token;  ///< job name and comment: how a submission whose reply was lost is found again
  std::string manifest;   ///< file with one run directory per line; array index i takes line i
  std::string trainer;    ///< lockstep-train
  std::int64_t runs = 1;  ///< lines of the manifest
  int processes = 1;      ///< tasks per run
  int cpus_per_task = 1;
  int gpus_per_node = 0;
  int throttle = 0;      ///< array elements at once; 0: no limit
  int max_restarts = 8;  ///< how often an element may requeue itself after a checkpoint
  std::string mpi = "pmix";
  std::string partition, account, qos, time, constraint;  ///< empty: not passed
};

/// The constant script. Arguments: manifest, trainer, MPI plugin, token, max_restarts.
std::string sbatch_script();

/// The sbatch command line that reads the script from stdin. Throws LaunchError naming the field
/// that does not fit its whitelist.
std::vector<std::string> sbatch_argv(const SbatchRequest& request);

}  // namespace lockstep
