// The runs of plans, read without building their configurations: for study_list.cpp, which shows
// ten thousand of them in a few hundredths of a second. What is not exactly as lockstep writes it
// is left to the careful reader (study_files.hpp).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "orchestrator/schedule/run_settings.hpp"
#include "orchestrator/schedule/study_list.hpp"
#include "sweeps/run/tables.hpp"

namespace lockstep {

/// Something that only the careful reader can judge.
struct NotPlain {};

/// Runs that follow each other in a plan.
struct PlanPart {
  std::size_t begin = 0;        ///< byte of the plan where its first run begins
  std::size_t end = 0;          ///< and where the next one would; equal where it has no run
  bool is_first = false;        ///< the list of runs begins with it
  bool is_last = false;         ///< and ends with it
  std::vector<ListedRun> runs;  ///< without labels
  RunSettings settings;         ///< theirs, in order
};

/// The runs that begin in the first `size` bytes of `text`, which is the plan from byte `offset` on
/// and goes on far enough for the last of them. The first part has what stands before them, too.
/// Each id is checked to be the hash of its configuration; whether this lockstep can read one is
/// asked once for each kind, which is its parameters and texts. Throws NotPlain.
PlanPart read_part(const Tables& tables, std::string_view text, std::size_t offset,
                   std::size_t size);

}  // namespace lockstep
