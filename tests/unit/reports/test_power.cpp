#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "reports/exporters/exporters.hpp"
#include "reports/exporters/sections.hpp"
#include "reports/report.hpp"
#include "reports/statistics/interval.hpp"
#include "reports/statistics/paired.hpp"
#include "reports/statistics/power.hpp"
#include "tests/unit/reports/sample_study.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
const Tables kTables = Tables::builtin();

/// Share of simulated studies whose interval excludes 0.
double simulated_power(int n, double effect, int studies, std::mt19937_64& source) {
  std::normal_distribution<double> normal(effect, 1);
  int found = 0;
  for (int s = 0; s < studies; ++s) {
    std::vector<double> differences(static_cast<std::size_t>(n));
    for (double& value : differences) value = normal(source);
    const Estimate e = estimate(differences);
    found += e.ci->low > 0 || e.ci->high < 0;
  }
  return static_cast<double>(found) / studies;
}
}  // namespace

TEST_CASE("power has the values of published tables") {
  // Cohen's d = 0.5, paired: 34 pairs for 80 %; d = 0.8: 15 pairs (G*Power, two-sided 5 %).
  CHECK(seeds_for(0.5, 1000) == 34);
  CHECK(seeds_for(0.8, 1000) == 15);
  CHECK(seeds_for(0.5, 30) == std::nullopt);
  CHECK(paired_power(10, 0) == Approx(0.05));
  CHECK(paired_power(5, 1e6) == 1);
}

TEST_CASE("power is the share of simulated studies that find the difference") {
  std::mt19937_64 source(99);
  constexpr int kStudies = 20000;
  for (const auto& [n, effect] : {std::pair{3, 2.0}, {5, 1.0}, {6, 1.5}, {10, 0.5}, {20, 0.66}}) {
    INFO(n << " differences, effect " << effect);
    const double power = paired_power(n, effect);
    const double error = std::sqrt(power * (1 - power) / kStudies);
    CHECK(simulated_power(n, effect, kStudies, source) == Approx(power).margin(4 * error));
  }
}

TEST_CASE("so many seeds are enough, and one less is not; what is detectable is found") {
  for (const double effect : {0.2, 0.5, 1.0, 2.5, 7.0, 60.0}) {
    const std::optional<int> n = seeds_for(effect, 1000);
    REQUIRE(n);
    CHECK(paired_power(*n, effect) >= kPower);
    if (*n > 2) CHECK(paired_power(*n - 1, effect) < kPower);
  }
  for (const int n : {2, 3, 10, 100})
    CHECK(paired_power(n, detectable_effect(n)) == Approx(kPower).margin(1e-6));
}

TEST_CASE("sign flips need six seeds for 5 %") {
  CHECK(fewest_for_flips(0.05) == 6);
  CHECK(fewest_for_flips(0.25) == 3);
  CHECK(fewest_for_flips(0.05 / 7) == 9);
}

TEST_CASE("pairs that are not told apart are told what it would take") {
  const auto rows = [](const std::vector<double>& local) {
    return analyse(kTables, small_study(kTables, {{"sync_sgd", 1, .1, {.84, .85, .86}},
                                                  {"local_sgd", 4, .1, local}}));
  };
  // Differences -0.010, -0.011, -0.009: far apart, yet three seeds allow no p below 0.25.
  Analysis a = rows({.830, .839, .851});
  REQUIRE(a.power.size() == 1);
  CHECK(a.power[0].seeds == 6);
  CHECK(a.power[0].add == std::vector<std::int64_t>{4, 5, 6});
  CHECK(a.power[0].device_hours == Approx(3 * 2 * 10.0 / 3600));
  const DifferenceRow& pair = a.differences.at(a.power[0].difference);
  CHECK(command_of(a, a.power[0]) == "lockstep run " + a.study + " --add-seeds 4..6 --cells " +
                                         a.cells[pair.cell].id + "," + a.cells[pair.baseline].id);
  // Differences -0.02, +0.01, 0.00: mean -1/300 and deviation 0.0153.
  a = rows({.82, .86, .86});
  REQUIRE(a.power[0].seeds);
  const double effect = (0.01 / 3) / std::sqrt(7.0 / 3 * 1e-4);
  CHECK(*a.power[0].seeds == *seeds_for(effect, kMostSeeds));
  CHECK(a.power[0].detectable == Approx(detectable_effect(3) * std::sqrt(7.0 / 3 * 1e-4)));
  const std::string line = "\n" + command_of(a, a.power[0]) + "\n";
  CHECK(render_markdown(a).find(line) != std::string::npos);
  CHECK(render_html(a).find(line) != std::string::npos);
  CHECK(render_latex(a).find("\n% " + command_of(a, a.power[0]) + "\n") != std::string::npos);
  // The same mean: no number of seeds shows a difference that is not there.
  a = rows({.85, .84, .86});
  CHECK_FALSE(a.power[0].seeds);
  CHECK(command_of(a, a.power[0]).empty());
  CHECK(render_markdown(a).find("more than 1000") != std::string::npos);
}

TEST_CASE("a seed that one of the pair has is added before new ones, and costs one run") {
  const Analysis a =
      analyse(kTables, small_study(kTables, {{"sync_sgd", 1, .1, {.84, .85, .86, .85, .84}},
                                             {"local_sgd", 4, .1, {.830, .839, .851}}}));
  REQUIRE(a.power.size() == 1);
  CHECK(a.power[0].seeds == 6);
  CHECK(a.power[0].add == std::vector<std::int64_t>{4, 5, 6});
  CHECK(a.power[0].device_hours == Approx((3 + 1) * 10.0 / 3600));
}

TEST_CASE("a pair that is told apart asks for nothing") {
  const Analysis a = analyse(
      kTables, small_study(kTables, {{"sync_sgd", 1, .1, {.84, .85, .86, .84, .85, .86}},
                                     {"local_sgd", 4, .1, {.83, .84, .85, .83, .84, .85}}}));
  CHECK(a.differences.at(0).p <= 0.05);
  CHECK(a.power.empty());
}
