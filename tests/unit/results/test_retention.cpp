// Which checkpoints stay, against the rule said in the plainest way.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "results/record/retention.hpp"

using namespace lockstep;

namespace {
/// Newest first, with steps, attempts, damage and accuracies as chance has it.
std::vector<CheckpointFacts> some_checkpoints(std::mt19937& random) {
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::vector<CheckpointFacts> all;
  std::int64_t step = 200;
  for (int i = below(12); i > 0; --i) {
    step -= 1 + below(15);
    CheckpointFacts facts{{step, 1}, below(4) > 0, std::nullopt};
    if (below(3) > 0) facts.validation = Validation{step, 0.1 * below(4)};
    all.push_back(facts);
  }
  return all;
}

/// Whether checkpoint i stays, by looking at each alone.
bool stays(const Retention& rule, const std::vector<CheckpointFacts>& all, std::size_t i) {
  const auto count = [&](auto&& matches) { return std::count_if(all.begin(), all.end(), matches); };
  const CheckpointFacts& me = all[i];
  const auto newer_good =
      count([&](const auto& other) { return other.good && other.name > me.name; });
  if (newer_good < rule.last) return true;
  if (!me.good) return false;
  const bool milestone =
      rule.every_steps > 0 && me.name.step >= rule.every_steps &&
      count([&](const auto& other) {
        return other.good && other.name < me.name &&
               other.name.step / rule.every_steps == me.name.step / rule.every_steps;
      }) == 0;
  const bool best = rule.best && me.validation &&
                    count([&](const auto& other) {
                      if (!other.good || !other.validation) return false;
                      const double theirs = other.validation->accuracy;
                      return theirs > me.validation->accuracy ||
                             (theirs == me.validation->accuracy && other.name < me.name);
                    }) == 0;
  return milestone || best;
}
}  // namespace

TEST_CASE("what goes is what no rule keeps") {
  std::mt19937 random(1);
  std::size_t gone_in_all = 0;
  for (int round = 0; round < 2000; ++round) {
    const auto all = some_checkpoints(random);
    const Retention rule{2 + static_cast<int>(random() % 3),
                         static_cast<std::int64_t>(random() % 3 * 20), random() % 2 == 0};
    std::vector<CheckpointName> expected;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!stays(rule, all, i)) expected.push_back(all[i].name);
    }
    const auto gone = superfluous(rule, all);
    REQUIRE(gone == expected);
    gone_in_all += gone.size();
    // Deleting what may go makes nothing else superfluous.
    auto rest = all;
    std::erase_if(rest, [&](const CheckpointFacts& facts) {
      return std::find(gone.begin(), gone.end(), facts.name) != gone.end();
    });
    REQUIRE(superfluous(rule, rest).empty());
  }
  CHECK(gone_in_all > 1000);
}
