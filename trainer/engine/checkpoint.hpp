// Checkpoints: checkpoints/step-<k>-a<n>/{rank<r>.safetensors, MANIFEST.json}. Each process writes
// the rows of its workers; a manifest with sizes and hashes makes the directory count. Every
// process takes the same branch: a failure anywhere is a failure everywhere, survived and reported.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "results/record/retention.hpp"
#include "results/record/run_directory.hpp"
#include "trainer/engine/engine.hpp"

namespace lockstep {

/// What a checkpoint must agree with to be loaded.
struct CheckpointIdentity {
  std::string run;
  std::string config_sha256;
  std::map<std::string, std::string> data_sha256;
};

struct CheckpointOutcome {
  std::string name;  ///< directory name; empty where writing failed
  std::int64_t bytes = 0;
  std::string error;  ///< empty: written and verified
};

struct LoadedCheckpoint {
  CheckpointName name;
  TrainingState state;
  std::int64_t seq = 0;  ///< records of attempt name.attempt that it covers
};

/// What was found when looking for a checkpoint.
struct CheckpointSearch {
  std::optional<LoadedCheckpoint> newest;  ///< the newest good one
  std::vector<std::string> rejected;       ///< newer ones that were not good, and why
};

class CheckpointStore {
 public:
  /// All processes of `comm` construct and call it alike; `rank` is this process's number.
  /// Arguments must outlive it.
  CheckpointStore(const RunDirectory& directory, CheckpointIdentity identity, Communicator& comm,
                  int rank, int attempt, Retention keep = {});

  /// Throws RecordError, with the remedy, unless the file system has room for 2.2 times `bytes`: a
  /// checkpoint beside the one that it replaces, and records. Without an answer there is room.
  static void require_room(const std::filesystem::path& folder, double bytes);

  /// Writes `state`; `seq` is the last record it covers (rank 0's counts). Deletes what need not be
  /// kept, but only after this one was read back, and nothing of a higher attempt. Collective;
  /// never throws for a disk that fails.
  CheckpointOutcome save(const TrainingState& state, std::int64_t seq);

  /// Looks for the newest good checkpoint. Shards written by another number of processes are fine.
  /// With `at_step`, only among those of this step. Collective. Throws DataError where the
  /// checkpoint was made from other data.
  CheckpointSearch load_newest(std::optional<std::int64_t> at_step = std::nullopt);
  /// Removes what killed saves of earlier attempts have left. Rank 0 calls it; never throws.
  void remove_leftovers();

 private:
  bool all_agree(bool mine);
  double bytes_of(const TrainingState& state);
  void retire_old(const CheckpointName& newest);
  LoadedCheckpoint load(const CheckpointName& name);

  const RunDirectory& directory_;
  CheckpointIdentity identity_;
  Communicator& comm_;
  int rank_, attempt_;
  Retention keep_;
  std::set<CheckpointName> rejected_;  ///< found damaged by load_newest(); never count as kept
};

}  // namespace lockstep
