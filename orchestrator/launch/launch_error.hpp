#pragma once

#include <stdexcept>

namespace lockstep {

/// A program that cannot be started, a job that a launcher refuses, a field that must not reach a
/// command line: names the subject and the remedy.
struct LaunchError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace lockstep
