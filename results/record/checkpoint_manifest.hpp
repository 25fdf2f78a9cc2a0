// MANIFEST.json of a checkpoint: what makes its directory count. Written by the trainer, read by it
// and by those who keep, show or remove checkpoints. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record/record_error.hpp"
#include "results/record/retention.hpp"

namespace lockstep {

/// One process's file.
struct ManifestShard {
  std::string name;  ///< a plain name in the checkpoint's directory
  std::int64_t bytes = 0;
  std::string sha256;
  std::int64_t first_worker = 0, workers = 0;  ///< whose rows it has
  bool operator==(const ManifestShard&) const = default;
};

struct CheckpointManifest {
  std::string run, config_sha256;
  std::map<std::string, std::string> data_sha256;
  std::string build;
  int attempt = 0;
  std::int64_t step = 0, last_sync = 0;
  std::int64_t workers = 0;
  std::int64_t seq = 0;  ///< records of the attempt that it covers
  std::optional<Validation> validation;
  Retention keep;                    ///< by which its writer keeps checkpoints
  std::vector<ManifestShard> files;  ///< by rank; together they have every worker once
  bool operator==(const CheckpointManifest&) const = default;
};

/// One line with a checksum, as records have it: a flipped digit must not pass for another step.
std::string manifest_text(const CheckpointManifest& manifest);

/// The whole file. Throws RecordError where the checksum is wrong, a member is missing, a shard's
/// name leads elsewhere, or the shards do not have every worker once; FormatError for another
/// version's.
CheckpointManifest parse_manifest(std::string_view text);

}  // namespace lockstep
