#pragma once

#include <stdexcept>

namespace lockstep {

/// A data set that is not there or damaged: names the file, where it was looked for and how to get
/// it. Exit 69.
struct DataError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace lockstep
