#include "tests/unit/trainer/worlds.hpp"

namespace lockstep::test {

const std::vector<NamedWorld>& worlds() {
  static const std::vector<NamedWorld> all = {{"1 thread", 1, threads_world(1)},
                                              {"2 threads", 2, threads_world(2)},
                                              {"4 threads", 4, threads_world(4)}};
  return all;
}

const std::vector<NamedWorld>& worlds_in_turn() {
  static const std::vector<NamedWorld> circle = {worlds()[2], worlds()[1], worlds()[0],
                                                 worlds()[1]};
  return circle;
}

}  // namespace lockstep::test
