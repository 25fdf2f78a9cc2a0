// The walk along the sync log: hand-computed runs, then properties over random ones.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "results/clock/clock.hpp"

using namespace lockstep;

namespace {
// Read by RapidCheck at its first check: every run of the tests tries the same cases.
const int seeded = ::setenv("RC_PARAMS", "seed=20240502", 0);

const Network kNetwork{"n", 0.001, 1e6, ""};
constexpr StepCost kCost{0.5, 0.3};
const Stragglers kExponential{Stragglers::Kind::exponential, 0.1};

std::vector<SyncEvent> every(std::int64_t h, std::int64_t total, double bytes,
                             std::int64_t delay = 0) {
  std::vector<SyncEvent> syncs;
  for (std::int64_t step = h; step <= total; step += h)
    syncs.push_back({step, bytes, false, delay});
  return syncs;
}

struct Case {
  std::vector<SyncEvent> syncs;
  std::int64_t total = 0, workers = 1;
  Stragglers stragglers;
};

Case any_case() {
  Case c;
  c.total = *rc::gen::inRange<std::int64_t>(1, 60);
  c.workers = *rc::gen::inRange<std::int64_t>(1, 9);
  if (*rc::gen::arbitrary<bool>()) c.stragglers = kExponential;
  for (std::int64_t step = 1; step <= c.total; ++step) {
    if (*rc::gen::inRange(0, 3) != 0) continue;
    const double bytes = *rc::gen::inRange(0, 2000000);
    const bool gradient = *rc::gen::arbitrary<bool>();
    c.syncs.push_back(
        {step, bytes, gradient, gradient ? 0 : *rc::gen::inRange<std::int64_t>(0, 4)});
  }
  return c;
}

SimulatedTime time_of(const Case& c, const Network& network) {
  return simulate(c.syncs, c.total, c.workers, kCost, network, c.stragglers);
}

constexpr double kRounding = 1e-9;
}  // namespace

TEST_CASE("without overlap every exchange is exposed, and nothing else changes") {
  CHECK(rc::check([] {
    const Case c = any_case();
    const auto with = [&](const Overlap& overlap) {
      return simulate(c.syncs, c.total, c.workers, kCost, kNetwork, c.stragglers, overlap);
    };
    const SimulatedTime full = with({}), none = with({false, false});
    RC_ASSERT(none.hidden_s == 0.0);
    RC_ASSERT(none.compute_s == full.compute_s);
    RC_ASSERT(none.wait_s == full.wait_s);
    RC_ASSERT(std::abs(none.exposed_s - full.exposed_s - full.hidden_s) < kRounding);
    // Each kind of exchange has a credit of its own.
    const SimulatedTime backward = with({true, false}), steps = with({false, true});
    RC_ASSERT(std::abs(backward.hidden_s + steps.hidden_s - full.hidden_s) < kRounding);
  }));
}

TEST_CASE("a gradient exchange hides under the backward pass of a system that overlaps") {
  const std::vector<SyncEvent> log{{1, 2e5, true, 0}};
  const double comm = all_reduce_s(kNetwork, 2, 2e5);
  REQUIRE(comm < kCost.backward_s);
  CHECK(simulate(log, 1, 2, kCost, kNetwork, {}).total_s == Approx(kCost.step_s));
  CHECK(simulate(log, 1, 2, kCost, kNetwork, {}, {false, true}).total_s ==
        Approx(kCost.step_s + comm));
}

TEST_CASE("H = 1 is the formula by hand") {
  const std::int64_t steps = 10, w = 4;
  const double bytes = 2e5;
  const double comm = all_reduce_s(kNetwork, w, bytes);
  const auto time = simulate(every(1, steps, bytes), steps, w, kCost, kNetwork, kExponential);
  CHECK(time.total_s == Approx(10 * (0.5 + 0.1 * harmonic(4) + comm)));
  CHECK(time.compute_s == Approx(10 * 0.6));
  CHECK(time.wait_s == Approx(10 * 0.1 * (harmonic(4) - 1)));
  CHECK(time.exposed_s == Approx(10 * comm));
  CHECK(time.hidden_s == 0);
  CHECK(time.bytes_per_worker == Approx(10 * 1.5 * bytes));
}

TEST_CASE("taking a mean over is compute, once per exchange that arrives, whatever it sent") {
  StepCost cost = kCost;
  cost.average_s = 0.25;
  const auto more = [&](const std::vector<SyncEvent>& syncs, std::int64_t until) {
    const auto with = simulate(syncs, until, 4, cost, kNetwork, kExponential);
    const auto without = simulate(syncs, until, 4, kCost, kNetwork, kExponential);
    CHECK(with.total_s - without.total_s == Approx(with.compute_s - without.compute_s));
    return with.compute_s - without.compute_s;
  };
  CHECK(more(every(3, 12, 1e5), 12) == Approx(4 * 0.25));
  CHECK(more({{1, 1e5, true, 0}, {2, 1e5, true, 0}}, 2) == Approx(2 * 0.25));
  CHECK(more({{4, 1e5, false, 4}}, 6) == 0);  // under way
  CHECK(more({{4, 1e5, false, 4}}, 8) == Approx(0.25));
}

TEST_CASE("a gradient exchange hides under the backward, up to its length") {
  const auto run = [](double bytes) {
    return simulate({{1, bytes, true, 0}}, 1, 2, kCost, Network{"n", 0, 1e6, ""}, {});
  };
  CHECK(run(0.1e6).total_s == Approx(0.5));  // 0.1 s, all of it hidden
  CHECK(run(0.1e6).hidden_s == Approx(0.1));
  CHECK(run(0.4e6).total_s == Approx(0.6));  // 0.4 s, of which 0.3 s are hidden
  CHECK(run(0.4e6).hidden_s == Approx(0.3));
  CHECK(run(0.4e6).exposed_s == Approx(0.1));
}

TEST_CASE("a delayed exchange delays only what its steps do not hide") {
  const Network network{"n", 0, 1e6, ""};
  const auto run = [&](double seconds, std::int64_t delay, std::int64_t until) {
    return simulate({{4, seconds * 1e6, false, delay}}, until, 2, kCost, network, {});
  };
  CHECK(run(0.4, 1, 8).total_s == Approx(4.0));
  CHECK(run(0.4, 1, 8).hidden_s == Approx(0.4));
  CHECK(run(1.2, 2, 8).total_s == Approx(4.2));
  CHECK(run(1.2, 2, 8).exposed_s == Approx(0.2));
  CHECK(run(1.2, 2, 5).total_s == Approx(2.5));  // not due yet: nothing has waited for it
  CHECK(run(1.2, 2, 6).total_s == Approx(3.2));
}

TEST_CASE("the final sync waits for what is under way") {
  const Network network{"n", 0, 1e6, ""};
  const auto time = simulate({{4, 2e6, false, 4}, {6, 1e6, false, 0}}, 6, 2, kCost, network, {});
  // Two steps hide 1 s of the 2 s exchange; the rest and the final second are exposed.
  CHECK(time.exposed_s == Approx(2));
  CHECK(time.hidden_s == Approx(1));
  CHECK(time.total_s == Approx(5));
}

TEST_CASE("a round is the max of sums, not the sum of maxima") {
  const auto rare = simulate(every(16, 64, 0), 64, 8, kCost, kNetwork, kExponential);
  const auto often = simulate(every(1, 64, 0), 64, 8, kCost, kNetwork, kExponential);
  CHECK(rare.wait_s == Approx(64 * 0.1 * 0.38).epsilon(0.02));
  CHECK(often.wait_s == Approx(64 * 0.1 * 1.72).epsilon(0.02));
}

TEST_CASE("refuses what is no sync log") {
  CHECK_THROWS_AS(simulate({{2, 1, false, 0}, {1, 1, false, 0}}, 3, 2, kCost, kNetwork, {}),
                  std::invalid_argument);
  CHECK_THROWS_AS(simulate({}, 3, 0, kCost, kNetwork, {}), std::invalid_argument);
  CHECK_THROWS_AS(tally_at({}, {3, 2}), std::invalid_argument);
  CHECK(simulate({}, 0, 2, kCost, kNetwork, {}).total_s == 0);
}

TEST_CASE("a tally forgets the order of a log, and nothing else that costs") {
  // Rounds 2, 2, 4 and the last step; of the delayed exchanges one is settled early by the final
  // average.
  const Tally t =
      tally({{2, 10, true, 0}, {4, 20, false, 3}, {8, 20, false, 3}, {9, 5, false, 0}}, 10);
  CHECK(t.rounds == std::map<std::int64_t, std::int64_t>{{1, 2}, {2, 2}, {4, 1}});
  CHECK(t.exchanges ==
        std::map<Tally::Exchange, std::int64_t>{
            {{5, false, 0}, 1}, {{10, true, 0}, 1}, {{20, false, 1}, 1}, {{20, false, 3}, 1}});
  CHECK(t.launched_bytes == 55);
  const Tally early = tally({{4, 20, false, 3}}, 6);
  CHECK(early.exchanges.empty());
  CHECK(early.launched_bytes == 20);
}

TEST_CASE("properties of the simulated clock") {
  CHECK(rc::check("the parts sum to the total, none is negative", [] {
    const auto time = time_of(any_case(), kNetwork);
    RC_ASSERT(std::abs(time.total_s - time.compute_s - time.wait_s - time.exposed_s) < kRounding);
    RC_ASSERT(time.compute_s >= 0 && time.wait_s >= 0 && time.exposed_s >= 0 && time.hidden_s >= 0);
  }));
  CHECK(rc::check("a faster or nearer network never costs time", [] {
    const Case c = any_case();
    Network faster = kNetwork, nearer = kNetwork;
    faster.bandwidth_bytes_s *= 1 + *rc::gen::inRange(0, 100);
    nearer.latency_s /= 1 + *rc::gen::inRange(0, 100);
    RC_ASSERT(time_of(c, faster).total_s <= time_of(c, kNetwork).total_s + kRounding);
    RC_ASSERT(time_of(c, nearer).total_s <= time_of(c, kNetwork).total_s + kRounding);
  }));
  CHECK(rc::check("a multiple of H never costs time", [] {
    const auto h = *rc::gen::inRange<std::int64_t>(1, 8);
    const auto factor = *rc::gen::inRange<std::int64_t>(1, 5);
    const std::int64_t total = h * factor * *rc::gen::inRange<std::int64_t>(1, 5);
    const auto workers = *rc::gen::inRange<std::int64_t>(1, 9);
    const double bytes = *rc::gen::inRange(0, 1000000);
    const auto often =
        simulate(every(h, total, bytes), total, workers, kCost, kNetwork, kExponential);
    const auto rare =
        simulate(every(h * factor, total, bytes), total, workers, kCost, kNetwork, kExponential);
    RC_ASSERT(rare.total_s <= often.total_s + kRounding);
    RC_ASSERT(rare.bytes_per_worker <= often.bytes_per_worker);
  }));
  CHECK(rc::check("one worker pays for its steps alone", [] {
    Case c = any_case();
    c.workers = 1;
    const auto time = time_of(c, kNetwork);
    RC_ASSERT(time.total_s == time.compute_s);
    RC_ASSERT(time.bytes_per_worker == 0);
  }));
  CHECK(rc::check(
      "many steps in one pass are as many single calls, and time does not run backwards between "
      "syncs",
      [] {
        const Case c = any_case();
        std::vector<std::int64_t> until;
        for (std::int64_t step = 0; step <= c.total; ++step) until.push_back(step);
        const std::vector<Tally> tallies = tally_at(c.syncs, until);
        double before = 0;
        for (std::size_t i = 0; i < until.size(); ++i) {
          const auto time = simulate(tallies[i], c.workers, kCost, kNetwork, c.stragglers);
          const auto one = simulate(c.syncs, until[i], c.workers, kCost, kNetwork, c.stragglers);
          RC_ASSERT(time.total_s == one.total_s);
          RC_ASSERT(time.hidden_s == one.hidden_s);
          RC_ASSERT(time.total_s >= before);
          before = time.total_s;
        }
      }));
  CHECK(rc::check("delay never costs time", [] {
    Case c = any_case();
    c.syncs.push_back({c.total, 0, false, 0});
    Case blocking = c;
    for (SyncEvent& sync : blocking.syncs) sync.delay = 0;
    RC_ASSERT(time_of(c, kNetwork).total_s <= time_of(blocking, kNetwork).total_s + kRounding);
  }));
}
