// Reading an attempt as a whole: its segment, judged against the RESULT that seals it.
#pragma once

#include "results/record/record_file.hpp"
#include "results/record/run_directory.hpp"

namespace lockstep {

/// The events of attempt `n`. Once RESULT is there, anything missing or changed is corruption;
/// before, a torn tail is only not yet finished. A RESULT that cannot be read is corruption too,
/// never an exception.
Segment read_attempt(const RunDirectory& run, int n);

}  // namespace lockstep
