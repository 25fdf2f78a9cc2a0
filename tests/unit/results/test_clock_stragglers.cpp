// Models of stragglers: the slowest of W sums against closed forms, simulations and limits.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "results/clock/clock.hpp"
#include "results/clock/slowest_sum.hpp"

using namespace lockstep;

namespace {
using Kind = Stragglers::Kind;
constexpr double kPromised = 1e-4;  // slowest_sum.hpp

const Stragglers kTrace{Kind::trace, 0.22, 0, {0, 0.02, 0, 0.1, 0.98}};

Stragglers lognormal(double sigma, double mean = 1) { return {Kind::lognormal, mean, sigma}; }

/// Mean and standard error over rounds drawn one by one.
struct Simulated {
  double mean, error;
};
template <class Draw>
Simulated simulated(Draw draw, std::int64_t workers, std::int64_t steps) {
  constexpr int kRounds = 20000;
  std::mt19937_64 random(20261128);
  double sum = 0, squares = 0;
  for (int i = 0; i < kRounds; ++i) {
    double slowest = 0;
    for (std::int64_t w = 0; w < workers; ++w) {
      double mine = 0;
      for (std::int64_t s = 0; s < steps; ++s) mine += draw(random);
      slowest = std::max(slowest, mine);
    }
    sum += slowest, squares += slowest * slowest;
  }
  const double mean = sum / kRounds;
  return {mean, std::sqrt((squares / kRounds - mean * mean) / kRounds)};
}

StepExcess exponential_excess() {
  const auto tail = [](double x) { return x > 0 ? std::exp(-x) : 1; };
  return {.mean = 1,
          .variance = 1,
          .beyond = [](double x) { return x > 0 ? std::exp(-x) : 1 - x; },
          .tail = tail};
}
}  // namespace

TEST_CASE("the numeric sums exponential steps as their closed form does") {
  const Stragglers exponential{Kind::exponential, 1};
  for (const std::int64_t workers : {2, 8, 64}) {
    for (const std::int64_t steps : {1, 2, 4, 16, 1000, 1'000'000}) {
      INFO(workers << " workers, " << steps << " steps");
      CHECK(expected_slowest_sum(exponential_excess(), workers, steps) ==
            Approx(expected_round_excess_s(exponential, workers, steps)).epsilon(kPromised));
    }
  }
  // And as the figures that a simulation gave: excess over the mean, per step.
  const auto per_step = [](std::int64_t workers, double steps) {
    return expected_slowest_sum(exponential_excess(), workers, static_cast<std::int64_t>(steps)) /
               steps -
           1;
  };
  CHECK(per_step(8, 1) == Approx(1.72).margin(0.02));
  CHECK(per_step(8, 4) == Approx(0.81).margin(0.02));
  CHECK(per_step(8, 16) == Approx(0.38).margin(0.02));
  CHECK(per_step(64, 1) == Approx(3.74).margin(0.02));
  CHECK(per_step(64, 4) == Approx(1.53).margin(0.02));
  CHECK(per_step(64, 16) == Approx(0.68).margin(0.02));
}

TEST_CASE("lognormal stragglers agree with a simulation") {
  for (const double sigma : {0.1, 0.5, 1.0, 1.5}) {
    std::lognormal_distribution<double> draw(-sigma * sigma / 2, sigma);
    for (const std::int64_t workers : {2, 8}) {
      for (const std::int64_t steps : {1, 3, 16}) {
        const auto [mean, error] = simulated(draw, workers, steps);
        INFO("sigma " << sigma << ", " << workers << " workers, " << steps << " steps");
        CHECK(expected_round_excess_s(lognormal(sigma), workers, steps) ==
              Approx(mean).margin(4 * error + kPromised * mean));
      }
    }
  }
}

TEST_CASE("stragglers of a trace agree with a simulation") {
  std::uniform_int_distribution<std::size_t> which(0, kTrace.recorded.size() - 1);
  const auto draw = [&](auto& random) { return kTrace.recorded[which(random)]; };
  for (const std::int64_t workers : {2, 8, 16}) {
    for (const std::int64_t steps : {1, 2, 7, 40}) {
      const auto [mean, error] = simulated(draw, workers, steps);
      INFO(workers << " workers, " << steps << " steps");
      CHECK(expected_round_excess_s(kTrace, workers, steps) ==
            Approx(mean).margin(4 * error + kPromised * mean));
    }
  }
}

TEST_CASE("one step of a trace: the order statistics of its sorted values") {
  std::vector<double> values = kTrace.recorded;
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  for (const std::int64_t workers : {2, 5, 64}) {
    const auto w = static_cast<double>(workers);
    double expected = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto below = static_cast<double>(i);
      expected += values[i] * (std::pow((below + 1) / n, w) - std::pow(below / n, w));
    }
    CHECK(expected_round_excess_s(kTrace, workers, 1) == Approx(expected).epsilon(kPromised));
  }
}

TEST_CASE("a trace of two values is binomial") {
  // One of four steps takes 0.8 longer.
  const Stragglers stragglers{Kind::trace, 0.2, 0, {0.8, 0, 0, 0}};
  for (const int workers : {2, 16}) {
    for (const int steps : {2, 10, 30}) {
      double below = 0, expected = 0, term = std::pow(0.75, steps);
      for (int k = 0; k <= steps; ++k) {
        const double upto = below + term;
        expected += 0.8 * k * (std::pow(upto, workers) - std::pow(below, workers));
        below = upto;
        term *= static_cast<double>(steps - k) / (k + 1) * 0.25 / 0.75;
      }
      CHECK(expected_round_excess_s(stragglers, workers, steps) == Approx(expected).epsilon(1e-9));
    }
  }
}

TEST_CASE("a narrow lognormal is nearly normal: two sums of H lie H^(1/2) sigma pi^(-1/2) apart") {
  const double sigma = 0.01;
  for (const double steps : {1.0, 16.0, 400.0}) {
    const double over =
        expected_round_excess_s(lognormal(sigma), 2, static_cast<int>(steps)) - steps;
    CHECK(over == Approx(sigma * std::sqrt(steps / M_PI)).epsilon(1e-3));
  }
}

TEST_CASE("alone, and where all steps are alike, rounds take their mean") {
  for (const std::int64_t steps : {1, 7, 1000}) {
    const auto h = static_cast<double>(steps);
    CHECK(expected_round_excess_s(lognormal(1.5, 0.3), 1, steps) == Approx(0.3 * h));
    CHECK(expected_round_excess_s(kTrace, 1, steps) == Approx(0.22 * h));
    const Stragglers constant{Kind::trace, 0.4, 0, {0.4, 0.4, 0.4}};
    for (const std::int64_t workers : {1, 2, 64})
      CHECK(expected_round_excess_s(constant, workers, steps) == Approx(0.4 * h));
  }
  CHECK(expected_round_excess_s({Kind::trace, 0, 0, {0, 0}}, 8, 4) == 0);
}

TEST_CASE("more workers wait longer, longer rounds wait less for each step, nothing beyond that") {
  for (const Stragglers& model : {lognormal(0.3), lognormal(2), kTrace}) {
    double before = 0;
    for (const std::int64_t workers : {1, 2, 3, 8, 64, 500}) {
      const double excess = expected_round_excess_s(model, workers, 4);
      CHECK(excess > before);
      // The max of sums is no more than the sum of maxima, and no less than the mean.
      CHECK(excess <= 4 * expected_round_excess_s(model, workers, 1) * (1 + kPromised));
      CHECK(excess >= 4 * model.mean_excess_s * (1 - kPromised));
      before = excess;
    }
    before = INFINITY;
    for (const std::int64_t steps : {1, 2, 5, 16, 100, 10'000}) {
      const double each = expected_round_excess_s(model, 8, steps) / static_cast<double>(steps);
      CHECK(each < before * (1 + kPromised));
      before = each;
    }
  }
}

TEST_CASE("the unit of a trace does not matter, its mean excess scales everything") {
  Stragglers seconds = kTrace;
  for (double& value : seconds.recorded) value *= 17;
  CHECK(expected_round_excess_s(seconds, 8, 5) ==
        Approx(expected_round_excess_s(kTrace, 8, 5)).epsilon(1e-9));
  CHECK(expected_round_excess_s(lognormal(1, 0.2), 8, 5) ==
        Approx(0.2 * expected_round_excess_s(lognormal(1), 8, 5)));
}

TEST_CASE("one slow worker: everybody waits for it, in every round") {
  const StepCost cost{0.5, 0.3};
  const Network network{"n", 0, 1e6, ""};
  const double factor = 1.8;
  const Stragglers stragglers{Kind::slow_worker, (factor - 1) * cost.step_s};
  const std::vector<SyncEvent> log{{4, 0, false, 0}, {8, 0, false, 0}, {10, 0, false, 0}};
  for (const std::int64_t workers : {1, 2, 8}) {
    const SimulatedTime time = simulate(log, 10, workers, cost, network, stragglers);
    CHECK(time.total_s == Approx(10 * cost.step_s * factor));
    const double mean = (factor - 1) / static_cast<double>(workers);
    CHECK(time.compute_s == Approx(10 * cost.step_s * (1 + mean)));
    CHECK(time.wait_s == Approx(time.total_s - time.compute_s).margin(1e-12));
  }
  // A delayed exchange of 2 s hides under two slow steps of 0.9 s.
  const SimulatedTime late = simulate({{4, 2e6, false, 2}}, 8, 2, cost, network, stragglers);
  CHECK(late.hidden_s == Approx(1.8));
  CHECK(late.exposed_s == Approx(0.2));
}

TEST_CASE("the largest of n normals is expected where tables have it") {
  CHECK(expected_max_normal(1) == 0);
  CHECK(expected_max_normal(2) == Approx(1 / std::sqrt(std::acos(-1.0))).epsilon(1e-9));
  CHECK(expected_max_normal(3) == Approx(1.5 / std::sqrt(std::acos(-1.0))).epsilon(1e-9));
  CHECK(expected_max_normal(8) == Approx(1.4236003060).epsilon(1e-9));
  CHECK(expected_max_normal(1000) == Approx(3.2414357656).epsilon(1e-6));
  CHECK_THROWS(expected_max_normal(0));
}

TEST_CASE("between two measured lengths of a block the deviation goes by powers") {
  const StepSpread spread{{0.4, 0.2, 0.1}};
  CHECK(spread.deviation_of(1) == 0.4);
  CHECK(spread.deviation_of(2) == Approx(0.2));
  CHECK(spread.deviation_of(3) == Approx(0.4 / 3));
  CHECK(spread.deviation_of(4) == Approx(0.1));
  CHECK(spread.deviation_of(1000) == Approx(0.1));  // what lasts
  CHECK(StepSpread{{0.4, 0}}.deviation_of(1) == 0.4);
  CHECK(StepSpread{}.deviation_of(5) == 0);
  CHECK_THROWS(spread.deviation_of(0));
}

// Workers whose steps vary by themselves, on cores that are each slow or fast for a while.
TEST_CASE("the slowest of measured workers waits as long as in a simulation of them") {
  constexpr double kOfSteps = 0.3, kOfCores = 0.1;
  StepSpread spread;
  for (int length = 1; length <= 64; length *= 2)
    spread.deviation_s.push_back(std::sqrt(kOfSteps * kOfSteps / length + kOfCores * kOfCores));
  const Stragglers model{.kind = Kind::measured, .mean_excess_s = 1, .spread = spread};
  for (const std::int64_t workers : {2, 8}) {
    for (const std::int64_t steps : {1, 8, 64}) {
      std::mt19937_64 random(20261129);
      std::normal_distribution<double> normal;
      double sum = 0, squares = 0;
      constexpr int kRounds = 20000;
      for (int i = 0; i < kRounds; ++i) {
        double slowest = -INFINITY;
        for (std::int64_t w = 0; w < workers; ++w) {
          double mine = static_cast<double>(steps) * kOfCores * normal(random);
          for (std::int64_t s = 0; s < steps; ++s) mine += kOfSteps * normal(random);
          slowest = std::max(slowest, mine);
        }
        sum += slowest, squares += slowest * slowest;
      }
      const double mean = sum / kRounds;
      const double error = std::sqrt((squares / kRounds - mean * mean) / kRounds);
      INFO(workers << " workers, " << steps << " steps");
      CHECK(expected_round_excess_s(model, workers, steps) == Approx(mean).margin(4 * error));
    }
  }
}

TEST_CASE("measured workers are interrupted, and wait beyond the mean step") {
  const StepCost cost{0.5, 0.3};
  const Network network{"n", 0, 1e6, ""};
  const Stragglers none, model{.kind = Kind::measured, .mean_excess_s = 1, .spread = {{0.1}, 0.02}};
  const std::vector<SyncEvent> log{{4, 0, false, 0}, {8, 0, false, 0}};
  const SimulatedTime time = simulate(log, 8, 2, cost, network, model);
  CHECK(time.compute_s == Approx(simulate(log, 8, 2, cost, network, none).compute_s + 8 * 0.02));
  CHECK(time.wait_s == Approx(8 * 0.1 * expected_max_normal(2)));
  CHECK(simulate(log, 8, 1, cost, network, model).wait_s == Approx(0).margin(1e-12));
}

TEST_CASE("what is remembered is what is computed") {
  for (const Stragglers& model :
       {Stragglers{}, Stragglers{Kind::exponential, 0.3}, lognormal(0.8, 0.3), kTrace,
        Stragglers{Kind::slow_worker, 0.3},
        Stragglers{.kind = Kind::measured, .mean_excess_s = 1, .spread = {{0.2, 0.1}, 0.02}}}) {
    const RoundExcess rounds(model);
    for (int again = 0; again < 2; ++again) {
      for (const std::int64_t steps : {1, 6}) {
        CHECK(model.mean_excess_s * rounds.slowest(4, steps) ==
              Approx(expected_round_excess_s(model, 4, steps)).epsilon(1e-12));
      }
    }
    const StepCost cost{0.5, 0.3, 0.1};
    const Network network{"n", 1e-3, 1e6, ""};
    const Tally log = tally({{4, 1e5, false, 0}, {8, 1e5, false, 2}}, 12);
    CHECK(simulate(log, 4, cost, network, rounds, model.mean_excess_s).total_s ==
          simulate(log, 4, cost, network, model).total_s);
  }
}
