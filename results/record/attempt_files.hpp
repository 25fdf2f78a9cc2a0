// Reading an attempt as a whole: its segment, judged against the RESULT that seals it.
#pragma once

#include <optional>
#include <string>

#include "results/record/record_file.hpp"
#include "results/record/run_directory.hpp"

namespace lockstep {

struct AttemptFiles {
  int attempt = 0;
  std::string events;            ///< bytes of events.jsonl; empty where there is none
  std::optional<Result> result;  ///< none: not there, or not readable (then the segment is corrupt)
  Segment segment;               ///< its records
};

/// The files of attempt `n`. Once RESULT is there, anything missing or changed is corruption;
/// before, a torn tail is only not yet finished. Damage is a verdict of the segment, never an
/// exception; FormatError for a format of another version. Damage that somebody has agreed to
/// (salvage.hpp) is salvaged.
AttemptFiles read_attempt_files(const RunDirectory& run, int n);

/// What RESULT says of the segment, where there is a readable one.
std::optional<Seal> seal_of(const std::optional<Result>& result);

/// Only the segment of it.
Segment read_attempt(const RunDirectory& run, int n);

}  // namespace lockstep
