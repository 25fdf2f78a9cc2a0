#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "orchestrator/schedule/run_labels.hpp"
#include "orchestrator/schedule/run_order.hpp"
#include "sweeps/run/tables.hpp"

using namespace lockstep;

namespace {
PlannedRun run_with(std::int64_t seed, double lr) {
  static const Tables tables = Tables::builtin();
  const auto resolution = resolve(tables, {{"algorithm", std::string("sync_sgd")},
                                           {"model", std::string("mlp")},
                                           {"dataset", std::string("synthetic")},
                                           {"steps", std::int64_t{10}},
                                           {"workers", std::int64_t{2}},
                                           {"seed", seed},
                                           {"lr", lr}});
  REQUIRE(resolution.problems.empty());
  return {RunId::of(resolution.config), cell_of(resolution.config), resolution.config};
}

std::vector<PlannedRun> grid(int seeds, int cells) {
  std::vector<PlannedRun> runs;
  for (int cell = 1; cell <= cells; ++cell) {
    for (int seed = 1; seed <= seeds; ++seed) runs.push_back(run_with(seed, 0.01 * cell));
  }
  return runs;
}

std::vector<std::string> ids_in_order(const std::string& study,
                                      const std::vector<PlannedRun>& runs) {
  std::vector<std::string> ids;
  for (const std::size_t index : run_order(study, runs)) ids.push_back(runs[index].id.text());
  return ids;
}
}  // namespace

TEST_CASE("every run comes once, seeds in whole blocks, rising") {
  const auto runs = grid(4, 7);
  const auto order = run_order("s", runs);
  REQUIRE(order.size() == runs.size());
  CHECK(std::set<std::size_t>(order.begin(), order.end()).size() == runs.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    CHECK(runs[order[i]].config.integer("seed") == static_cast<std::int64_t>(i / 7 + 1));
  }
}

TEST_CASE("the order does not depend on the order of axes") {
  auto runs = grid(3, 8);
  const auto expected = ids_in_order("s", runs);
  std::mt19937 random(3);
  for (int i = 0; i < 20; ++i) {
    std::shuffle(runs.begin(), runs.end(), random);
    CHECK(ids_in_order("s", runs) == expected);
  }
}

TEST_CASE("a study that grows keeps the order of what it had") {
  const auto all = grid(2, 9);
  const std::vector<PlannedRun> first(all.begin(), all.begin() + 8);
  const auto small = ids_in_order("s", first);
  auto large = ids_in_order("s", all);
  large.erase(std::remove_if(large.begin(), large.end(),
                             [&](const std::string& id) {
                               return std::find(small.begin(), small.end(), id) == small.end();
                             }),
              large.end());
  CHECK(large == small);
}

TEST_CASE("blocks are shuffled: differently per study and per seed") {
  const auto runs = grid(2, 10);
  const auto cells = [&](const std::string& study, std::size_t block) {
    std::vector<std::string> order;
    const auto indices = run_order(study, runs);
    for (std::size_t i = 0; i < 10; ++i) order.push_back(runs[indices[block * 10 + i]].cell);
    return order;
  };
  CHECK(cells("one", 0) != cells("two", 0));
  CHECK(cells("one", 0) != cells("one", 1));
  std::vector<std::string> as_written;
  for (std::size_t i = 0; i < 20; i += 2) as_written.push_back(runs[i].cell);
  CHECK(cells("one", 0) != as_written);
}

TEST_CASE("labels say what varies, and seeds") {
  const auto labels = labels_of(grid(1, 2));
  CHECK(labels == std::vector<std::string>{"sync_sgd lr=0.01 seed=1", "sync_sgd lr=0.02 seed=1"});
}
