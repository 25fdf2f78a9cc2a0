// The statistics of a report at length: a million points in a second, a million random sets against
// the definition, hypervolume against another way to count it. The unit tests do the same in small.
//   bench_frontier [sets]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <random>

#include "reports/statistics/frontier.hpp"
#include "tests/bench/bench_json.hpp"
#include "tests/support/frontier_oracles.hpp"

using namespace lockstep;

namespace {
constexpr std::size_t kMany = 1'000'000;

std::vector<Point> cloud(std::mt19937_64& source, std::size_t n) {
  std::uniform_real_distribution<double> real(0, 1);
  std::vector<Point> points(n);
  for (Point& point : points) point = {real(source), real(source)};
  return points;
}

/// Points that are all on the frontier: the most work there can be.
std::vector<Point> chain(std::size_t n) {
  std::vector<Point> points(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t k = (i * 7919) % n;  // not in order
    points[i] = {static_cast<double>(k), static_cast<double>(k)};
  }
  return points;
}

double seconds_of(const std::vector<Point>& points) {
  const auto start = std::chrono::steady_clock::now();
  const Frontier found = frontier(points);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return found.members.empty() ? NAN : seconds.count();
}
}  // namespace

int main(int argc, char** argv) {
  const int sets = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  std::mt19937_64 source(2026);
  const double random_s = seconds_of(cloud(source, kMany)), chain_s = seconds_of(chain(kMany));
  int wrong = 0;
  double error = 0;
  for (int i = 0; i < sets; ++i) {
    const std::vector<Point> ties = test::tied_points(source, 9);
    wrong += frontier(ties).members != test::frontier_by_definition(ties);
    const std::vector<Point> points = cloud(source, 1 + source() % 12);
    error = std::max(
        error, std::abs(hypervolume(points, {1, 0}) - test::hypervolume_by_slabs(points, {1, 0})));
  }
  return bench::judge(
      "frontier", {{"frontier of 1,000,000 random points", "s", random_s, 1},
                   {"frontier of 1,000,000 points that are all on it", "s", chain_s, 1},
                   {fmt::format("frontiers of {} random sets that miss the definition", sets),
                    "sets", static_cast<double>(wrong), 0},
                   {"largest difference of hypervolume to the sum of slabs", "", error, 1e-12}});
}
