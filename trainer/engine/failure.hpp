// What an exception that ends an attempt means to the outside: an exit code, and a reason for its
// RESULT.
#pragma once

#include <exception>
#include <optional>
#include <string>

#include "results/record/records.hpp"

namespace lockstep {

/// Exit codes of lockstep-train. Names on disk and in scripts depend on them.
enum class TrainExit : int {
  done = 0,  ///< or diverged: a result
  configuration = 2,
  data_missing = 69,
  internal = 70,
  hang = 71,
  no_memory = 72,
  storage = 74,
  checkpointed = 75,  ///< wants to go on
  fenced = 78         ///< a newer attempt exists
};

struct Failure {
  TrainExit exit = TrainExit::internal;
  std::optional<EndReason> reason;  ///< of a RESULT; none: the exit code says all that is known
  std::string message;              ///< one line for people, with the remedy where one is known
};

Failure failure_of(const std::exception& error);

}  // namespace lockstep
