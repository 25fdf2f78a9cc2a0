// Runs that were stopped before their end because their cell can be on no frontier any more: small
// files of a study, each written once. What stands here is why; that a run is to end is the
// journal's, and whether it has a result its own directory's.
//
//   <submissions>/early-stops/<nonce>.json          which runs, and the evidence
//   <submissions>/early-stops/<nonce>.lifted.json   undone by the user: never stopped again
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lockstep {

struct EarlyStop {
  std::vector<std::string> runs;  ///< all of one cell
  std::string cell, by;           ///< hashes: the cell, and the one that dominates it
  double confidence = 0;
  double attainable = 0;      ///< mean validation accuracy that the cell reaches at most
  double beaten_by = 0;       ///< lower confidence bound of the other's mean
  std::int64_t finished = 0;  ///< runs that `attainable` was learned from
  /// Clocks and networks on which the other takes no longer; none: both are of one tuning group,
  /// where accuracy alone decides.
  std::vector<std::string> views;
  std::string reason;   ///< all of that in one line for people
  bool lifted = false;  ///< no longer in force
  bool operator==(const EarlyStop&) const = default;
};

std::filesystem::path early_stops_folder(const std::filesystem::path& submissions);

/// In the order of their file names, which says nothing. Throws RecordError for a file that is not
/// ours.
std::vector<EarlyStop> read_early_stops(const std::filesystem::path& folder);

/// Durable when it returns.
void write_early_stop(const std::filesystem::path& folder, const EarlyStop& stop,
                      const std::string& at);

/// Lifts all that are in force.
void lift_early_stops(const std::filesystem::path& folder, const std::string& at);

}  // namespace lockstep
