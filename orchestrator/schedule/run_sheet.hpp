// What is known of a run as named texts: what was asked, what ran it, what came out. And what two
// such sheets have different.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/schedule/run_state.hpp"
#include "results/record/run_directory.hpp"

namespace lockstep {

using Entries = std::vector<std::pair<std::string, std::string>>;  ///< name, value

struct RunSheet {
  Entries configuration;  ///< of config.json
  Entries provenance;     ///< of the attempt that won DONE, else of the newest with records
  Entries outcome;
};

/// Throws RecordError for files that cannot be read.
RunSheet sheet_of(const RunDirectory& run, const Verdict& verdict);

/// One name with its two values; empty where a sheet does not have it.
struct Pair {
  std::string name, left, right;
  bool operator==(const Pair&) const = default;
};

/// All names of both, in the order of the left one, then those that only the right one has.
std::vector<Pair> side_by_side(const Entries& left, const Entries& right);
/// Those of them whose values differ.
std::vector<Pair> differences(const std::vector<Pair>& pairs);

}  // namespace lockstep
