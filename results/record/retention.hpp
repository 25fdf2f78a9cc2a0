// Which checkpoints stay: the same rule for the trainer, which writes them, and for `lockstep gc`.
// Pure: what the files say goes in, names come out.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "results/record/run_directory.hpp"

namespace lockstep {

/// A checkpoint stays if any of these keeps it.
struct Retention {
  int last = 2;                  ///< so many newest good ones; at least 2, as one may get damaged
  std::int64_t every_steps = 0;  ///< the first one at or after each multiple; 0: none
  bool best = true;  ///< the one of the highest validation accuracy, the first of equals
  bool operator==(const Retention&) const = default;
};

/// The newest evaluation that a checkpoint has behind it.
struct Validation {
  std::int64_t step = 0;
  double accuracy = 0;
  bool operator==(const Validation&) const = default;
};

struct CheckpointFacts {
  CheckpointName name;
  bool good = true;  ///< one that is damaged keeps no good one's place
  std::optional<Validation> validation;
};

/// Of `newest_first`, those that may go. A damaged one goes once it is older than the last good
/// ones.
std::vector<CheckpointName> superfluous(const Retention& rule,
                                        const std::vector<CheckpointFacts>& newest_first);

}  // namespace lockstep
