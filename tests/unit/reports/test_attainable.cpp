// What a run can reach at most: by hand, and by drawing runs.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "reports/statistics/attainable.hpp"

using namespace lockstep;

namespace {
/// Error final * share^-exponent, times noise, at 20 evenly spaced readings.
struct Course {
  double final_accuracy;
  std::vector<Reading> readings;
};

/// Runs of quite different speeds, heights and noise; the last reading is the final accuracy.
Course draw(std::mt19937_64& source) {
  std::lognormal_distribution<double> exponent(-0.7, 0.5), wobble(0, 0.05);
  std::uniform_real_distribution<double> error(0.05, 0.4);
  const double b = exponent(source), left = error(source);
  Course course{0, {}};
  for (int k = 1; k <= 20; ++k) {
    const double share = k / 20.0;
    const double now = std::min(0.9, left * std::pow(share, -b) * wobble(source));
    course.readings.push_back({share, 1 - now});
  }
  course.final_accuracy = course.readings.back().accuracy;
  return course;
}
}  // namespace

TEST_CASE("the descent of an error that falls as a power of time is its exponent") {
  for (const double share : {0.1, 0.3, 0.75}) {
    const std::vector<Reading> one{{share, 1 - 0.2 * std::pow(share, -0.5)}};
    CHECK(*descent(one, 0.8) == Approx(0.5));
  }
}

TEST_CASE("of all readings up to the last look the steepest way to the end counts") {
  // log(0.4 / 0.1) / log(4) = 1 beats log(0.15 / 0.1) / log(2) = 0.585
  CHECK(*descent({{0.25, 0.6}, {0.5, 0.85}}, 0.9) == Approx(1));
  // the best so far is 0.85, whatever comes between
  CHECK(*descent({{0.25, 0.85}, {0.5, 0.2}}, 0.9) == Approx(std::log(1.5) / std::log(2)));
  CHECK(*descent({{0.25, 0.6}, {0.76, 0.0}}, 0.9) == Approx(1));
  CHECK(*descent({{0.5, 0.9}}, 0.8) == 0);  // it fell
  CHECK(std::isinf(*descent({{0.5, 0.9}}, 1)));
  CHECK(*descent({{0.5, 1}}, 1) == 0);
  CHECK_FALSE(descent({{0, 0.1}, {0.8, 0.9}}, 0.9));
}

TEST_CASE("a bound takes c / (1 - c) values, and is the largest of so many") {
  const std::vector<std::pair<double, std::size_t>> fewest{
      {0.5, 1}, {0.8, 4}, {0.9, 9}, {0.95, 19}, {0.99, 99}, {0.975, 39}, {2.9 / 3, 29}};
  for (const auto& [confidence, n] : fewest) {
    std::vector<double> values(n - 1, 3);
    CHECK_FALSE(prediction_bound(values, confidence));
    values.push_back(7);
    REQUIRE(prediction_bound(values, confidence));
    CHECK(*prediction_bound(values, confidence) == 7);
  }
  std::vector<double> values;
  for (int i = 0; i < 99; ++i) values.push_back((i * 37) % 99);
  CHECK(*prediction_bound(values, 0.95) == 94);  // the fifth of 98, 97, ...
}

TEST_CASE("what can be reached is the tightest of all readings, and never below the best") {
  CHECK(attainable_accuracy({{0.25, 0.6}}, 0.5) == Approx(0.8));
  // 1 - 0.4 * 0.5 = 0.8, and 1 - 0.3 * 0.707 = 0.788
  CHECK(attainable_accuracy({{0.25, 0.6}, {0.5, 0.7}}, 0.5) == Approx(1 - 0.3 * std::sqrt(0.5)));
  CHECK(attainable_accuracy({{0.25, 0.6}, {0.9, 0.85}}, 0.5) == Approx(0.85));
  CHECK(attainable_accuracy({}, 0.5) == 1);
  CHECK(attainable_accuracy({{0.8, 0.3}}, 0.5) == 1);
  CHECK(attainable_accuracy({{0.5, 0.3}}, 0) == Approx(0.3));
  CHECK(attainable_accuracy({{0.5, 0.3}}, std::numeric_limits<double>::infinity()) == 1);
}

TEST_CASE("a run that descends as fast as the bound reaches exactly what it can") {
  std::mt19937_64 source(20261128);
  for (int i = 0; i < 1000; ++i) {
    const Course course = draw(source);
    const double most = *descent(course.readings, course.final_accuracy);
    std::vector<Reading> seen;
    for (const Reading& reading : course.readings) {
      seen.push_back(reading);
      CHECK(attainable_accuracy(seen, most) >= course.final_accuracy - 1e-12);
    }
    seen.resize(15);  // after the last look the bound is tight
    double best = course.final_accuracy;
    for (const Reading& reading : seen) best = std::max(best, reading.accuracy);
    if (most > 0) CHECK(attainable_accuracy(seen, most) == Approx(best));
  }
}

TEST_CASE("looking at every reading, a run ends above the bound as rarely as promised") {
  std::mt19937_64 source(20261129);
  for (const int n : {19, 40}) {
    constexpr int studies = 6000;
    int above = 0;
    for (int s = 0; s < studies; ++s) {
      std::vector<double> finished;
      for (int i = 0; i < n; ++i) {
        const Course course = draw(source);
        finished.push_back(*descent(course.readings, course.final_accuracy));
      }
      const Course next = draw(source);
      const double most = *prediction_bound(finished, 0.95);
      std::vector<Reading> seen;
      bool once = false;
      for (std::size_t k = 0; k + 1 < next.readings.size(); ++k) {
        seen.push_back(next.readings[k]);
        once = once || next.final_accuracy > attainable_accuracy(seen, most) + 1e-12;
      }
      above += once ? 1 : 0;
    }
    const double share = static_cast<double>(above) / studies;
    CAPTURE(n);
    // 1/20 and 2/41, and three standard errors of 6000 draws
    CHECK(share < 0.05 + 0.0085);
    CHECK(share > 0.03);
  }
}

TEST_CASE("the lower bound of a mean is Student's, one-sided") {
  CHECK(lower_mean_bound({1, 2, 3}, 0.95) == Approx(2 - 2.91999 / std::sqrt(3.0)).epsilon(1e-5));
  CHECK(lower_mean_bound({2, 2, 2}, 0.95) == 2);
  CHECK(std::isnan(lower_mean_bound({1, 2}, 0.95)));
  CHECK(std::isnan(lower_mean_bound({1, 2, NAN}, 0.95)));
}
