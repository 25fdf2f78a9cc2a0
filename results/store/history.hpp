// Which records of a run's attempts count, and where its seconds went. Pure: segments in, values
// out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/record/attempt_files.hpp"

namespace lockstep {

/// Seconds of one attempt: of its end record, or summed from syncs, evaluations and checkpoints
/// where it was killed.
struct AttemptTimes {
  EndRecord end;           ///< reason and detail are meaningful where `ended`
  bool ended = false;      ///< an end record or a RESULT says how
  bool estimated = false;  ///< the seconds are sums of what was recorded
};
AttemptTimes times_of(const AttemptFiles& attempt);

/// Records of `attempt` up to `last_seq` count; `before_s` productive seconds were spent by its
/// ancestors.
struct HistoryPart {
  int attempt = 0;
  std::int64_t last_seq = -1;
  double before_s = 0;
};

struct RunHistory {
  std::vector<HistoryPart> parts;  ///< oldest first; empty where no attempt has a header
  double replayed_s = 0;           ///< productive seconds of all attempts that are in no part
  std::vector<std::string> gaps;   ///< ancestors that lack what a checkpoint covers: damage
};

/// From the attempt that won DONE (or the newest with a header) back along resumed_from. `attempts`
/// rise by number.
RunHistory history_of(const std::vector<AttemptFiles>& attempts, std::optional<int> done_attempt);

/// The header of a segment; nullptr where it wrote nothing.
const HeaderRecord* header_of(const Segment& segment);

}  // namespace lockstep
