// A checkpoint as its files tell it, without loading it: for those who keep, show or remove
// checkpoints. Which one a run goes on from is decided by the trainer, which reads all of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "results/record/retention.hpp"

namespace lockstep {

struct CheckpointState {
  std::int64_t bytes = 0;  ///< of its shards, by the manifest
  std::string problem;     ///< empty: as good as was looked for
  std::optional<Validation> validation;
  Retention keep;  ///< by which its writer keeps checkpoints
};

/// Looks at the manifest's checksum and at the sizes of its shards; with `hashes` also at their
/// SHA-256, which reads every byte. Trouble is the verdict's, never an exception.
CheckpointState look_at_checkpoint(const std::filesystem::path& directory, bool hashes);

}  // namespace lockstep
