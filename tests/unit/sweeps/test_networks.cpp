// The networks that a spec may name are those that the clock knows.
#include <algorithm>
#include <catch2/catch.hpp>

#include "results/clock/clock.hpp"
#include "sweeps/run/report_spec.hpp"

TEST_CASE("networks of specs and of the clock are the same") {
  std::vector<std::string> names = {"measured"};
  for (const auto& network : lockstep::named_networks()) names.push_back(network.name);
  CHECK(lockstep::report_network_names() == names);
}
