#pragma once

#include <stdexcept>

namespace lockstep {

/// A run directory or record file that cannot be written or is not what it should be: names file, offset, remedy.
struct RecordError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace lockstep
