#pragma once

#include <stdexcept>

namespace lockstep {

/// A run directory or record file that cannot be written or is not what it should be: names file,
/// offset, remedy.
struct RecordError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file of a format version that this program does not know. It may be perfectly good: nothing is
/// salvaged from it.
struct FormatError : RecordError {
  using RecordError::RecordError;
};

}  // namespace lockstep
