#pragma once

#include <stdexcept>

namespace lockstep {

/// A run directory or record file that cannot be written or is not what it should be: names file,
/// offset, remedy.
struct RecordError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The operating system refused to write: the disk is full or read-only, or rights are missing.
/// Nothing is damaged.
struct WriteError : RecordError {
  using RecordError::RecordError;
};

/// The operating system refused to read: rights are missing, or the file is. Nothing is known to be
/// damaged.
struct ReadError : RecordError {
  using RecordError::RecordError;
};

/// A file of a format version that this program does not know. It may be perfectly good: nothing is
/// salvaged from it.
struct FormatError : RecordError {
  using RecordError::RecordError;
};

}  // namespace lockstep
