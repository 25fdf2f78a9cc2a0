// The worlds that the oracles run in: threads with 1, 2 and 4 processes, or the MPI world that
// mpirun made.
#pragma once

#include <vector>

#include "tests/support/training.hpp"

namespace lockstep::test {

struct NamedWorld {
  std::string name;
  World world;
};
const std::vector<NamedWorld>& worlds();

}  // namespace lockstep::test
