// The worlds that the oracles run in: threads with 1, 2 and 4 processes, or the MPI world that
// mpirun made.
#pragma once

#include <vector>

#include "tests/support/training.hpp"

namespace lockstep::test {

struct NamedWorld {
  std::string name;
  int processes = 1;
  World world;
};
const std::vector<NamedWorld>& worlds();

/// Worlds of other numbers of processes to go on in after a stop, in a circle: all processes, half
/// of them, ..., one, and up again.
const std::vector<NamedWorld>& worlds_in_turn();

}  // namespace lockstep::test
