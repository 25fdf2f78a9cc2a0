// The networks that a spec may name are those that the clock knows.
#include <algorithm>
#include <catch2/catch.hpp>

#include "results/clock/clock.hpp"
#include "sweeps/run/report_spec.hpp"
#include "sweeps/run/run_config.hpp"
#include "sweeps/run/tables.hpp"

TEST_CASE("networks of specs and of the clock are the same") {
  std::vector<std::string> names = {"measured"};
  for (const auto& network : lockstep::named_networks()) names.push_back(network.name);
  CHECK(lockstep::report_network_names() == names);
}

TEST_CASE("networks that a run may emulate are those of the clock, or none") {
  std::vector<std::string> names = {"none"};
  for (const auto& network : lockstep::named_networks()) names.push_back(network.name);
  const lockstep::Tables tables = lockstep::Tables::builtin();
  CHECK(tables.choices_of(*tables.parameter("emulated_network")) == names);
}

TEST_CASE("a single worker has no network to emulate") {
  const lockstep::Tables tables = lockstep::Tables::builtin();
  std::map<std::string, lockstep::Value> given{
      {"algorithm", std::string("sync_sgd")}, {"model", std::string("mlp")},
      {"dataset", std::string("synthetic")},  {"steps", std::int64_t{10}},
      {"workers", std::int64_t{2}},           {"emulated_network", std::string("10GbE")}};
  const auto two = lockstep::resolve(tables, given);
  CHECK(two.problems.empty());
  CHECK(two.config.canonical_json().find("emulated_network") != std::string::npos);
  given["workers"] = std::int64_t{1};
  CHECK(lockstep::resolve(tables, given).problems.size() == 1);
}
