#include "tests/unit/trainer/worlds.hpp"

namespace lockstep::test {

const std::vector<NamedWorld>& worlds() {
  static const std::vector<NamedWorld> all = {{"1 thread", threads_world(1)},
                                              {"2 threads", threads_world(2)},
                                              {"4 threads", threads_world(4)}};
  return all;
}

}  // namespace lockstep::test
