#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "reports/statistics/frontier.hpp"
#include "reports/statistics/resampling.hpp"
#include "tests/support/frontier_oracles.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
using Points = std::vector<Point>;

const Points kFour{{1, .6}, {2, .8}, {3, .7}, {4, .9}};

/// Integral over unit squares: right for points and references at integers, and written without a
/// frontier.
double volume_by_counting(const Points& points, const Point& reference) {
  double area = 0;
  for (int t = 0; t < static_cast<int>(reference.time); ++t) {
    for (int a = static_cast<int>(reference.accuracy); a < 10; ++a) {
      const bool inside = std::any_of(points.begin(), points.end(), [&](const Point& p) {
        return p.time <= t && p.accuracy >= a + 1;
      });
      if (inside) area += 1;
    }
  }
  return area;
}

double height_at(const Points& corners, double time) {
  double height = -INFINITY;
  for (const Point& corner : corners) {
    if (corner.time <= time) height = std::max(height, corner.accuracy);
  }
  return height;
}
}  // namespace

TEST_CASE("the worked example") {
  CHECK(frontier(kFour).members == std::vector<std::size_t>{0, 1, 3});
  CHECK(hypervolume(kFour, {5, .5}) == Approx(1.1).epsilon(1e-12));
}

TEST_CASE("equal points are all kept, points with a NaN listed apart") {
  const Frontier f = frontier({{2, .8}, {1, NAN}, {2, .8}, {2, .7}, {NAN, .9}, {3, .8}});
  CHECK(f.members == std::vector<std::size_t>{0, 2});
  CHECK(f.unknown == std::vector<std::size_t>{1, 4});
}

TEST_CASE("the frontier is its definition") {
  std::mt19937_64 source(42);
  for (int trial = 0; trial < 100000; ++trial) {
    const Points points = tied_points(source, 9);
    if (frontier(points).members != frontier_by_definition(points)) FAIL("trial " << trial);
  }
  SUCCEED();
}

TEST_CASE("large sets too") {
  std::mt19937_64 source(1);
  std::uniform_real_distribution<double> real(0, 1);
  Points points(3000);
  for (Point& point : points) point = {real(source), real(source)};
  CHECK(frontier(points).members == frontier_by_definition(points));
}

TEST_CASE("hypervolume is the area by counting") {
  std::mt19937_64 source(11);
  for (int trial = 0; trial < 5000; ++trial) {
    const Points points = tied_points(source, 8);
    const Point reference{static_cast<double>(source() % 7), static_cast<double>(source() % 3)};
    if (hypervolume(points, reference) != volume_by_counting(points, reference))
      FAIL("trial " << trial);
  }
  SUCCEED();
}

TEST_CASE("hypervolume is the sum of slabs to 1e-12") {
  std::mt19937_64 source(3);
  std::uniform_real_distribution<double> time(0, 12), accuracy(0, 1);
  for (int trial = 0; trial < 2000; ++trial) {
    Points points(1 + source() % 20);
    for (Point& point : points) point = {time(source), accuracy(source)};
    const Point reference{10, .1};
    const double error = hypervolume(points, reference) - hypervolume_by_slabs(points, reference);
    if (!(std::abs(error) <= 1e-12)) FAIL("trial " << trial << ": " << error);
  }
  SUCCEED();
}

TEST_CASE("attainment surfaces of the worked example") {
  const std::vector<Points> sets{{{1, .6}, {3, .8}}, {{2, .7}}};
  CHECK(attainment(sets, 1) == Points{{1, .6}, {2, .7}, {3, .8}});
  CHECK(attainment(sets, 2) == Points{{2, .6}, {3, .7}});
  CHECK(attainment(sets, 3).empty());
  CHECK(attainment(sets, 0).empty());
}

TEST_CASE("attainment is its definition") {
  std::mt19937_64 source(5);
  for (int trial = 0; trial < 3000; ++trial) {
    std::vector<Points> sets(1 + source() % 4);
    for (Points& set : sets) set = tied_points(source, 5);
    const std::size_t level = 1 + source() % sets.size();
    const Points surface = attainment(sets, level);
    for (double time = -1; time < 8; ++time) {
      std::vector<double> heights;
      for (const Points& set : sets) {
        Points known;
        std::copy_if(set.begin(), set.end(), std::back_inserter(known),
                     [](const Point& p) { return !has_nan(p); });
        heights.push_back(height_at(known, time));
      }
      std::sort(heights.rbegin(), heights.rend());
      if (height_at(surface, time) != heights[level - 1])
        FAIL("trial " << trial << ", time " << time);
    }
  }
  SUCCEED();
}

TEST_CASE("a cell that wins with every seed is surely on the frontier, its victim surely not") {
  const SeedPoints winner{{1, {1, .9}}, {2, {1, .91}}, {3, {1, .92}}};
  const SeedPoints loser{{1, {2, .8}}, {2, {2, .7}}, {3, {2, .85}}};
  const SeedPoints rival{{1, {2, .96}}, {2, {2, .85}}, {3, {2, .96}}};
  const std::vector<double> p = probability_on_frontier({winner, loser, rival});
  CHECK(p[0] == 1);
  CHECK(p[1] == 0);
  // The rival loses where seed 2 is drawn twice or more: (1/3)^3 + 3 (1/3)^2 (2/3) = 7/27.
  CHECK(p[2] == Approx(20.0 / 27).margin(0.05));
  CHECK(p == probability_on_frontier({winner, loser, rival}));
}

TEST_CASE("seeds are drawn for all cells together") {
  // Seed 1 is bad for both, by the same amount: apart, the slower one would sometimes seem worse.
  const SeedPoints fast{{1, {1, .5}}, {2, {1, .9}}}, slow{{1, {2, .51}}, {2, {2, .91}}};
  CHECK(probability_on_frontier({fast, slow}) == std::vector<double>{1, 1});
}

TEST_CASE("resampling nothing") {
  CHECK(probability_on_frontier({}).empty());
  CHECK(probability_on_frontier({SeedPoints{}}) == std::vector<double>{0});
}
