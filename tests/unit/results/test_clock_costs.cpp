// Cost formulas, straggler theory and fits against worked numbers.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "results/clock/clock.hpp"

using namespace lockstep;

namespace {
constexpr double kResNet50 = 25557032 * 4.0;
constexpr double kResNet50Half = 25557032 * 2.0;
constexpr double kResNet20 = 272474 * 4.0;
Network named(const char* name) {
  const auto network = network_named(name);
  REQUIRE(network);
  return *network;
}
const Stragglers exponential{Stragglers::Kind::exponential, 1.0};

/// Excess over the mean, per step, in units of mu.
double excess_per_step(std::int64_t workers, std::int64_t steps) {
  const auto h = static_cast<double>(steps);
  return (expected_round_excess_s(exponential, workers, steps) - h) / h;
}
}  // namespace

TEST_CASE("milliseconds per sync on the named networks, ring") {
  const struct {
    const char* network;
    std::int64_t p;
    double full_ms, half_ms, small_ms, margin_large, margin_small;
  } rows[] = {
      {"NVLink", 8, 0.53, 0.29, 0.05, 0.005, 0.005}, {"NDR400", 64, 6.0, 3.9, 1.8, 0.05, 0.05},
      {"100GbE", 64, 19.4, 10.6, 2.1, 0.05, 0.15},   {"25GbE", 64, 78, 41, 4.6, 0.5, 0.05},
      {"10GbE", 16, 175, 88, 2.8, 0.5, 0.05},        {"10GbE", 64, 187, 95, 5.7, 0.5, 0.05}};
  for (const auto& row : rows) {
    INFO(row.network << " p=" << row.p);
    const Network network = named(row.network);
    CHECK(1e3 * ring_all_reduce_s(network, row.p, kResNet50) ==
          Approx(row.full_ms).margin(row.margin_large));
    CHECK(1e3 * ring_all_reduce_s(network, row.p, kResNet50Half) ==
          Approx(row.half_ms).margin(row.margin_large));
    CHECK(1e3 * ring_all_reduce_s(network, row.p, kResNet20) ==
          Approx(row.small_ms).margin(row.margin_small));
    CHECK_FALSE(network.source.empty());
  }
}

TEST_CASE("cost formulas by hand") {
  const Network n{"n", 2, 10, ""};
  CHECK(ring_all_reduce_s(n, 4, 80) == Approx(2 * 3 * 2 + 2 * 0.75 * 8));
  CHECK(tree_all_reduce_s(n, 4, 80) == Approx(2 * (2 + 8)));
  CHECK(rabenseifner_s(n, 4, 80) == Approx(2 * 2 * 2 + 2 * 0.75 * 8));
  CHECK(all_reduce_s(n, 4, 80) == Approx(20));
  CHECK(pairwise_exchange_s(n, 80) == Approx(10));
  CHECK(reduce_scatter_s(n, 4, 80) == Approx(3 * 2 + 0.75 * 8));
  CHECK(broadcast_s(n, 8, 80) == Approx(3 * 10));
  CHECK(ring_bytes_per_endpoint(16, 102.2e6) == Approx(191.6e6).epsilon(1e-3));
  CHECK(ring_bytes_per_endpoint(32, 102.2e6) == Approx(198.0e6).epsilon(1e-3));
  CHECK(tree_all_reduce_s(n, 5, 80) == Approx(3 * 10));  // five endpoints need three rounds
}

TEST_CASE("one endpoint communicates nothing") {
  const Network n{"n", 2, 10, ""};
  CHECK(ring_all_reduce_s(n, 1, 80) == 0);
  CHECK(tree_all_reduce_s(n, 1, 80) == 0);
  CHECK(rabenseifner_s(n, 1, 80) == 0);
  CHECK(all_reduce_s(n, 1, 80) == 0);
  CHECK(ring_bytes_per_endpoint(1, 80) == 0);
}

TEST_CASE(
    "small messages to many endpoints are cheaper by a tree, large ones never cost more than by a "
    "ring") {
  const Network ethernet = named("10GbE");
  CHECK(tree_all_reduce_s(ethernet, 64, 1000) < ring_all_reduce_s(ethernet, 64, 1000));
  for (const Network& network : named_networks()) {
    for (const std::int64_t p : {2, 3, 8, 64}) {
      for (double bytes = 1; bytes < 1e10; bytes *= 10) {
        const double best = all_reduce_s(network, p, bytes);
        CHECK(best <= ring_all_reduce_s(network, p, bytes));
        CHECK(best >= bytes * static_cast<double>(p - 1) / static_cast<double>(p) /
                          network.bandwidth_bytes_s);
      }
    }
  }
}

TEST_CASE("networks are found by name") {
  CHECK(network_named("nvlink")->name == "NVLink");
  CHECK(network_named("1GbE"));
  CHECK_FALSE(network_named("measured"));
  CHECK_FALSE(network_named(""));
}

TEST_CASE("the slowest of W exponential steps: harmonic numbers") {
  CHECK(harmonic(2) == 1.5);
  CHECK(harmonic(8) == Approx(2.72).margin(0.005));
  CHECK(harmonic(16) == Approx(3.38).margin(0.005));
  CHECK(harmonic(64) == Approx(4.74).margin(0.005));
  for (const std::int64_t w : {1, 2, 8, 16, 64}) {
    CHECK(expected_round_excess_s(exponential, w, 1) == Approx(harmonic(w)));
  }
}

TEST_CASE("longer rounds average stragglers out: the simulated oracle") {
  // The oracle came from a simulation; its 1.53 is 1.548 by direct integration (next test).
  const double noise = 0.02;
  CHECK(excess_per_step(8, 1) == Approx(1.72).margin(noise));
  CHECK(excess_per_step(8, 4) == Approx(0.81).margin(noise));
  CHECK(excess_per_step(8, 16) == Approx(0.38).margin(noise));
  CHECK(excess_per_step(64, 1) == Approx(3.74).margin(noise));
  CHECK(excess_per_step(64, 4) == Approx(1.53).margin(noise));
  CHECK(excess_per_step(64, 16) == Approx(0.68).margin(noise));
}

TEST_CASE("the slowest of W Gamma sums: midpoint rule over the finite series of its tail") {
  for (const int workers : {3, 8, 64}) {
    for (const int steps : {2, 4, 16}) {
      const int panels = 50000;
      const double width = 100.0 / panels;
      double integral = 0;
      for (int i = 0; i < panels; ++i) {
        const double x = (i + 0.5) * width;
        double term = std::exp(-x), upper = 0;
        for (int k = 0; k < steps; ++k) upper += k == 0 ? term : term *= x / k;
        integral += (1 - std::pow(1 - upper, workers)) * width;
      }
      CHECK(expected_round_excess_s(exponential, workers, steps) == Approx(integral).epsilon(1e-6));
    }
  }
}

TEST_CASE("two workers: the closed form H + Gamma(H + 1/2) / (sqrt(pi) Gamma(H))") {
  for (const std::int64_t steps : {2, 3, 10, 100, 1000, 100000}) {
    const auto h = static_cast<double>(steps);
    const double exact = h + std::exp(std::lgamma(h + 0.5) - std::lgamma(h)) / std::sqrt(M_PI);
    CHECK(expected_round_excess_s(exponential, 2, steps) == Approx(exact).epsilon(1e-8));
  }
}

TEST_CASE("the slowest of W Gamma sums agrees with a simulation") {
  std::mt19937_64 random(7);
  constexpr int kTrials = 20000;
  for (const int steps : {2, 5}) {
    std::gamma_distribution<double> gamma(steps, 1.0);
    double sum = 0;
    for (int i = 0; i < kTrials; ++i) {
      double slowest = 0;
      for (int w = 0; w < 5; ++w) slowest = std::max(slowest, gamma(random));
      sum += slowest;
    }
    // The standard error is about sqrt(steps) / sqrt(20,000) = 0.016; five of them are allowed.
    CHECK(expected_round_excess_s(exponential, 5, steps) == Approx(sum / kTrials).margin(0.08));
  }
}

TEST_CASE("without stragglers, or alone, nobody waits") {
  CHECK(expected_round_excess_s({}, 64, 16) == 0);
  CHECK(expected_round_excess_s(exponential, 1, 16) == Approx(16));
  CHECK(expected_round_excess_s(exponential, 64, 0) == 0);
  CHECK_THROWS_AS(expected_round_excess_s(exponential, 0, 1), std::invalid_argument);
}

TEST_CASE("a fit finds the network that made the samples") {
  for (const Network& network : named_networks()) {
    for (const std::int64_t p : {2, 8}) {
      std::vector<AllReduceSample> samples;
      for (double bytes = 1024; bytes <= 128.0 * 1024 * 1024; bytes *= 4) {
        samples.push_back({bytes, all_reduce_s(network, p, bytes)});
      }
      const NetworkFit fit = fit_network("mine", p, samples);
      CHECK(fit.network.name == "mine");
      CHECK(fit.network.latency_s == Approx(network.latency_s).epsilon(1e-6));
      CHECK(fit.network.bandwidth_bytes_s == Approx(network.bandwidth_bytes_s).epsilon(1e-6));
      CHECK(fit.r_squared == Approx(1));
    }
  }
}

TEST_CASE("a noisy fit is near, and says by R2 how near") {
  const Network network = named("10GbE");
  std::mt19937_64 random(11);
  std::normal_distribution<double> noise(1, 0.1);
  std::vector<AllReduceSample> samples;
  for (int repeat = 0; repeat < 10; ++repeat) {
    for (double bytes = 1024; bytes <= 128.0 * 1024 * 1024; bytes *= 2) {
      samples.push_back({bytes, all_reduce_s(network, 4, bytes) * noise(random)});
    }
  }
  const NetworkFit fit = fit_network("mine", 4, samples);
  CHECK(fit.network.latency_s == Approx(network.latency_s).epsilon(0.1));
  CHECK(fit.network.bandwidth_bytes_s == Approx(network.bandwidth_bytes_s).epsilon(0.1));
  CHECK(fit.r_squared > 0.9);
  CHECK(fit.r_squared < 1);
}

TEST_CASE("a fit refuses what cannot be fitted") {
  CHECK_THROWS_AS(fit_network("x", 1, {{1, 1}, {2, 2}}), std::invalid_argument);
  CHECK_THROWS_AS(fit_network("x", 2, {}), std::invalid_argument);
  CHECK_THROWS_AS(fit_network("x", 2, {{5, 1}, {5, 2}}), std::invalid_argument);
  CHECK_THROWS_AS(fit_network("x", 2, {{1, 0}, {2, 2}}), std::invalid_argument);
  CHECK_THROWS_AS(fit_network("x", 2, {{1, 2}, {2, 1}}), std::invalid_argument);
  CHECK(fit_network("x", 2, {{1, 0.5}, {2, 3}}).network.latency_s == 0);  // never negative
}

TEST_CASE("exchanges of several numbers of endpoints give one network") {
  const Network network = named("10GbE");
  std::vector<ExchangeSample> samples;
  for (const std::int64_t p : {2, 4, 16}) {
    for (const double bytes : {4096.0, 1e6, 5e7})
      samples.push_back({p, bytes, all_reduce_s(network, p, bytes)});
  }
  const auto fit = fit_exchanges("mine", samples);
  REQUIRE(fit);
  CHECK(fit->network.latency_s == Approx(network.latency_s).epsilon(1e-6));
  CHECK(fit->network.bandwidth_bytes_s == Approx(network.bandwidth_bytes_s).epsilon(1e-6));
  // One kind of exchange tells latency from bandwidth no more than its repetition.
  CHECK_FALSE(fit_exchanges("mine", {samples[1]}));
  CHECK_FALSE(fit_exchanges("mine", {samples[1], samples[1]}));
  CHECK_FALSE(fit_exchanges("mine", {}));
}

TEST_CASE("local SGD pays from the H at which its time per step falls below that of lockstep") {
  const double backward = 0.005, step = 0.010;
  for (const Network& network : named_networks()) {
    for (const std::int64_t p : {2, 4, 16}) {
      for (const double bytes : {1e5, 4e6, 1e8}) {
        const auto per_step = [&](std::int64_t H) {
          std::vector<SyncEvent> log;
          for (std::int64_t s = H; s <= 16 * H; s += H)
            log.push_back({.step = s, .bytes = bytes, .gradient = H == 1});
          return simulate(log, 16 * H, p, {step, backward}, network, {}).total_s /
                 static_cast<double>(16 * H);
        };
        std::optional<std::int64_t> first;
        for (std::int64_t H = 2; H <= 64 && !first; ++H) {
          if (per_step(H) < per_step(1) * (1 - 1e-12)) first = H;
        }
        const auto H = break_even_H(network, p, bytes, backward);
        INFO(network.name << ", " << p << ", " << bytes);
        if (first || !H || *H <= 64) CHECK(H == first);
        const double bandwidth = break_even_bandwidth(network, p, bytes, backward);
        CHECK(H.has_value() == (network.bandwidth_bytes_s < bandwidth));
      }
    }
  }
}

TEST_CASE("break-even: known values") {
  const Network network{"", 0, 1e9, ""};
  // 2 endpoints and 10 MB: 10 ms. Backward 5 ms: 10 x (1 - 1/H) > 5 from H = 3 on.
  CHECK(break_even_H(network, 2, 1e7, 0.005) == 3);
  CHECK(break_even_H(network, 2, 1e7, 0.0) == 2);
  CHECK(break_even_H(network, 2, 1e7, 0.010) == std::nullopt);
  CHECK(break_even_H(network, 1, 1e7, 0.0) == std::nullopt);
  CHECK(break_even_bandwidth(network, 2, 1e7, 0.005) == Approx(2e9));
  CHECK(std::isinf(break_even_bandwidth({"", 0.01, 1e9, ""}, 2, 1e7, 0.005)));
}
