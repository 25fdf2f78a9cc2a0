// All that the files tell of a run: its executions one after the other, and the checkpoints that
// are there. For people who ask why; what is to be done is judge()'s.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/schedule/submissions.hpp"
#include "results/record/checkpoint_files.hpp"
#include "results/record/run_directory.hpp"

namespace lockstep {

/// A start of the run, an attempt at it, or both.
struct ExecutionStory {
  int attempt = 0;     ///< 0: it ended before it had claimed one
  int submission = 0;  ///< of this study; 0: another study's, or not ours
  std::string token;
  std::optional<int> exit_code;  ///< as a shell shows it
  bool stopped = false;          ///< it was asked to
  bool forgiven = false;         ///< the user asked to go on after it
  std::optional<EndReason> reason;
  std::string detail;
  std::optional<HeaderRecord> header;
  std::int64_t reached = 0;              ///< last step that is recorded or was heard of
  std::int64_t replayed = 0;             ///< of its steps, those that a later attempt took again
  std::vector<std::string> checkpoints;  ///< names that it wrote, in order
  std::vector<std::string> warnings;     ///< also checkpoints that it rejected, and failed saves
  std::string damage;                    ///< of its records; empty: none
  std::string log;                       ///< what it said; empty: no such file
};

struct StoredCheckpoint {
  CheckpointName name;
  CheckpointState state;  ///< without hashes
};

struct RunStory {
  std::vector<ExecutionStory> executions;     ///< oldest first
  std::vector<StoredCheckpoint> checkpoints;  ///< newest first

  /// From which the next attempt would go on, as far as can be seen without reading all of it.
  const StoredCheckpoint* next_checkpoint() const;
};

/// Reads; damage is told, not thrown, but for what cannot be listed or read at all (RecordError).
RunStory read_run_story(const RunDirectory& run, const Submissions& submissions);

}  // namespace lockstep
