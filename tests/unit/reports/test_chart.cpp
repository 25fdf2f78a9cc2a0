#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <set>

#include "reports/chart/placement.hpp"
#include "reports/chart/scale.hpp"
#include "reports/chart/style.hpp"
#include "reports/chart/svg.hpp"

using namespace lockstep;

TEST_CASE("a linear scale") {
  const Scale scale = linear_scale(0, 10, 100, 200, 5);
  CHECK(scale(0) == 100);
  CHECK(scale(5) == 150);
  CHECK(scale(99) == 200);
  REQUIRE(scale.ticks.size() == 6);
  CHECK(scale.ticks[1].label == "2");
}

TEST_CASE("a log scale") {
  const Scale scale = log_scale(1, 100, 0, 2, 6);
  CHECK(scale(10) == Approx(1));
  CHECK(scale.ticks.front().label == "1");
  CHECK(scale.ticks.back().label == "100");
}

TEST_CASE("scales of nothing and of one value still have a span") {
  CHECK(std::isfinite(magnitude_scale({}, 0, 1, 5)(0.5)));
  CHECK(std::isfinite(magnitude_scale({3}, 0, 1, 5)(3)));
  CHECK(std::isfinite(linear_scale(2, 2, 0, 1, 5)(2)));
}

TEST_CASE("ticks are distinct in place and label, and within the axis") {
  std::mt19937_64 source(3);
  std::uniform_real_distribution<double> exponent(-4, 6);
  for (int trial = 0; trial < 500; ++trial) {
    const double a = std::pow(10, exponent(source)), b = std::pow(10, exponent(source));
    const Scale scale = magnitude_scale({a, b}, 0, 100, 6);
    std::set<std::string> labels;
    for (const Tick& tick : scale.ticks) {
      CHECK(tick.value >= scale.low * (1 - 1e-9));
      CHECK(tick.value <= scale.high * (1 + 1e-9));
      labels.insert(tick.label);
    }
    INFO(a << " " << b);
    CHECK(labels.size() == scale.ticks.size());
    CHECK(scale.ticks.size() >= 2);
    CHECK(scale.ticks.size() <= 14);
  }
}

TEST_CASE("coordinates have one form") {
  CHECK(pixel(1.0) == "1");
  CHECK(pixel(1.50) == "1.5");
  CHECK(pixel(-0.001) == "0");
  CHECK(pixel(10) == "10");
}

namespace {
bool overlap(const Rect& a, const Rect& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}
}  // namespace

TEST_CASE("labels never cover one another or a marker") {
  std::mt19937_64 source(9);
  for (int trial = 0; trial < 200; ++trial) {
    const Rect area{0, 0, 400, 300};
    LabelPlacer placer(area);
    std::vector<Rect> taken;
    std::vector<std::pair<double, double>> points;
    for (int i = 0; i < 14; ++i) {
      points.emplace_back(20 + source() % 360, 20 + source() % 260);
      taken.push_back({points.back().first - 6, points.back().second - 6, 12, 12});
      placer.mark(points.back().first, points.back().second, 12);
    }
    for (const auto& [x, y] : points) {
      const auto placed = placer.place(x, y, "local_sgd H=16");
      if (!placed) continue;
      for (const Rect& other : taken) CHECK_FALSE(overlap(placed->box, other));
      CHECK(placed->box.x >= 0);
      CHECK(placed->box.right() <= area.right());
      taken.push_back(placed->box);
    }
    CHECK(taken.size() > points.size() + 6);
  }
}

TEST_CASE("labels at line ends keep their order and distance") {
  std::mt19937_64 source(4);
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<double> wanted(1 + source() % 12);
    for (double& height : wanted) height = static_cast<double>(source() % 200);
    const std::vector<double> heights = spread(wanted, 13, 0, 200);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CHECK(heights[i] >= -1e-9);
      CHECK(heights[i] <= 200 + 1e-9);
      for (std::size_t j = 0; j < wanted.size(); ++j) {
        if (wanted[i] < wanted[j]) CHECK(heights[i] + 13 <= heights[j] + 1e-6);
      }
    }
  }
  CHECK(spread({50, 150}, 13, 0, 200) == std::vector<double>{50, 150});
}
