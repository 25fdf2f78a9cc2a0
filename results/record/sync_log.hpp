// Fewer lines for small H: syncs that follow one pattern are written as one record per k of them.
// Lossless in steps, kinds and bytes; seconds are kept as sums.
#pragma once

#include <optional>
#include <vector>

#include "results/record/records.hpp"

namespace lockstep {

class SyncLog {
 public:
  /// One record per `syncs_per_record` (>= 1) syncs at most.
  explicit SyncLog(std::int64_t syncs_per_record);

  /// Adds one sync (count 1, first == last, steps rise). Returns a record once k are together or
  /// `sync` breaks the pattern of period, kind, payload, bytes and delay; write it at once.
  std::optional<SyncRecord> add(const SyncRecord& sync);

  /// What is held back. Call it before an evaluation, a checkpoint and the end, so that the file
  /// covers the step.
  std::optional<SyncRecord> flush();

 private:
  bool fits(const SyncRecord& sync) const;

  std::int64_t syncs_per_record_;
  std::optional<SyncRecord> open_;
};

/// The single syncs of a record, in order. Sums are shared out evenly (whole wire bytes, the
/// remainder to the first).
std::vector<SyncRecord> expand(const SyncRecord& record);

}  // namespace lockstep
