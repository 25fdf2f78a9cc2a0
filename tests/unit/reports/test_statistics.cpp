#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "reports/statistics/expected_best.hpp"
#include "reports/statistics/interval.hpp"
#include "reports/statistics/paired.hpp"
#include "reports/statistics/robust.hpp"
#include "reports/statistics/survival.hpp"

using namespace lockstep;

TEST_CASE("Student's t has its table values") {
  CHECK(t_factor(3) == Approx(4.30265).epsilon(1e-5));
  CHECK(t_factor(5) == Approx(2.77645).epsilon(1e-5));
  CHECK(t_factor(10) == Approx(2.26216).epsilon(1e-5));
}

TEST_CASE("an estimate of three values") {
  const Estimate e = estimate({1, 2, 3});
  CHECK(e.mean == 2);
  REQUIRE(e.ci);
  CHECK(e.ci->high - 2 == Approx(4.30265 / std::sqrt(3.0)).epsilon(1e-5));
  CHECK(2 - e.ci->low == Approx(e.ci->high - 2));
}

TEST_CASE("equal values have exactly their value as mean, and no width") {
  const Estimate e = estimate({0.1, 0.1, 0.1});
  CHECK(e.mean == 0.1);
  CHECK(e.ci->low == 0.1);
  CHECK(e.ci->high == 0.1);
}

TEST_CASE("below three values there is no interval") {
  CHECK_FALSE(estimate({}).known());
  CHECK_FALSE(estimate({}).ci);
  CHECK_FALSE(estimate({1}).ci);
  CHECK(estimate({1, 3}).mean == 2);
  CHECK_FALSE(estimate({1, 3}).ci);
}

TEST_CASE("a value that is not finite makes the mean unknown") {
  CHECK_FALSE(estimate({1, NAN, 2}).known());
  CHECK_FALSE(estimate({1, INFINITY, 2}).ci);
}

TEST_CASE("intervals cover 95 % of simulated studies") {
  std::mt19937_64 source(20240711);
  std::normal_distribution<double> normal(0.87, 0.004);
  for (const int n : {3, 5, 10}) {
    constexpr int studies = 10000;
    int covered = 0;
    for (int s = 0; s < studies; ++s) {
      std::vector<double> values;
      for (int i = 0; i < n; ++i) values.push_back(normal(source));
      const Estimate e = estimate(values);
      if (e.ci->low <= 0.87 && 0.87 <= e.ci->high) ++covered;
    }
    INFO("n = " << n);
    CHECK(covered >= 0.93 * studies);
    CHECK(covered <= 0.97 * studies);
  }
}

TEST_CASE("medians") {
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({4, 1, 2, 3}) == 2.5);
  CHECK(std::isnan(median({})));
}

TEST_CASE("robust spread: known values, and wild ones change little") {
  CHECK(robust_deviation({1, 2, 3, 4, 5}) == Approx(1 / 0.67449).epsilon(1e-5));
  CHECK(robust_deviation({1, 2, 3, 4, 500}) == robust_deviation({1, 2, 3, 4, 5}));
  CHECK(robust_deviation({2, 2, 2}) == 0);
  CHECK(std::isnan(robust_deviation({})));
  std::mt19937_64 source(3);
  std::normal_distribution<double> normal(5, 2);
  std::vector<double> sample, medians;
  for (int i = 0; i < 20001; ++i) sample.push_back(normal(source));
  CHECK(robust_deviation(sample) == Approx(2).epsilon(0.02));
  // The error of a median is what medians of such samples scatter by.
  for (int s = 0; s < 4000; ++s) {
    std::vector<double> few;
    for (int i = 0; i < 101; ++i) few.push_back(normal(source));
    medians.push_back(median(few));
  }
  sample.resize(101);
  CHECK(deviation(medians) == Approx(std::sqrt(std::acos(-1.0) / 2 / 101) * 2).epsilon(0.05));
  CHECK(median_error(sample) ==
        Approx(std::sqrt(std::acos(-1.0) / 2 / 101) * robust_deviation(sample)));
}

namespace {
Outcome reached(double time) { return {Outcome::Kind::reached, time}; }
Outcome censored(double time) { return {Outcome::Kind::censored, time}; }
const Outcome kNever{Outcome::Kind::never, 0};
}  // namespace

TEST_CASE("Kaplan-Meier: times 2, 3, 5 and one run censored at 5") {
  const Survival s = survival({reached(5), censored(5), reached(2), reached(3)}, 5);
  CHECK(s.median == 3);
  CHECK(s.restricted_mean == Approx(3.75).epsilon(1e-15));
  CHECK(s.success_rate == 0.75);
}

TEST_CASE("a miss is infinitely slow, not dropped") {
  const Survival s = survival({reached(1), kNever, kNever}, 10);
  CHECK(std::isinf(s.median));
  CHECK(s.n == 3);
  CHECK(s.reached == 1);
  CHECK(s.restricted_mean == Approx(1 + 9 * 2.0 / 3));
}

TEST_CASE(
    "with one budget and no other censoring the median is the lower median with misses as "
    "infinity") {
  std::mt19937_64 source(7);
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<Outcome> outcomes;
    std::vector<double> times;
    const std::size_t n = 1 + source() % 9;
    for (std::size_t i = 0; i < n; ++i) {
      const bool miss = source() % 3 == 0;
      const auto time = static_cast<double>(1 + source() % 5);
      outcomes.push_back(miss ? kNever : reached(time));
      times.push_back(miss ? INFINITY : time);
    }
    std::sort(times.begin(), times.end());
    CHECK(survival(outcomes, 6).median == times[(n - 1) / 2]);
  }
}

namespace {
/// Kaplan-Meier from its definition: at each distinct time of an event, the share of those still at
/// risk who do not have it.
double share_left_after(const std::vector<Outcome>& outcomes, double time) {
  std::set<double> events;
  for (const Outcome& o : outcomes) {
    if (o.kind == Outcome::Kind::reached && o.time <= time) events.insert(o.time);
  }
  double share = 1;
  for (const double t : events) {
    double at_risk = 0, reaching = 0;
    for (const Outcome& o : outcomes) {
      at_risk += o.kind == Outcome::Kind::never || o.time >= t;
      reaching += o.kind == Outcome::Kind::reached && o.time == t;
    }
    share *= 1 - reaching / at_risk;
  }
  return share;
}
}  // namespace

TEST_CASE("Kaplan-Meier is its definition") {
  std::mt19937_64 source(12);
  for (int trial = 0; trial < 5000; ++trial) {
    std::vector<Outcome> outcomes(1 + source() % 8);
    for (Outcome& o : outcomes) {
      const auto time = static_cast<double>(1 + source() % 6);
      const auto kind = source() % 4;
      o = kind == 0 ? kNever : kind == 1 ? censored(time) : reached(time);
    }
    const double bound = static_cast<double>(source() % 9);
    const Survival s = survival(outcomes, bound);
    double median = INFINITY, area = 0;
    for (int t = 6; t >= 1; --t) {
      if (share_left_after(outcomes, t) <= 0.5 + 1e-9) median = t;
    }
    for (int t = 0; t < static_cast<int>(bound); ++t) area += share_left_after(outcomes, t);
    if (s.median != median || std::abs(s.restricted_mean - area) > 1e-12)
      FAIL("trial " << trial << ": " << s.median << ", " << median << "; " << s.restricted_mean
                    << ", " << area);
  }
  SUCCEED();
}

TEST_CASE("nobody at risk is nobody's success") {
  const Survival s = survival({}, 5);
  CHECK(s.n == 0);
  CHECK(s.success_rate == 0);
  CHECK(std::isinf(s.median));
}

TEST_CASE("differences are taken at common seeds") {
  CHECK(paired_differences({{1, 5.}, {2, 7.}, {3, NAN}}, {{2, 4.}, {3, 1.}, {9, 0.}}) ==
        std::vector<double>{3});
  CHECK(paired_differences({{1, 1.}}, {{2, 1.}}).empty());
}

TEST_CASE("sign flips: known values and the bound of few seeds") {
  CHECK(std::isnan(sign_flip_p({})));
  CHECK(sign_flip_p({.1, .2, .3}) == smallest_p(3));
  CHECK(smallest_p(3) == 0.25);
  CHECK(smallest_p(5) == 0.0625);
  CHECK(smallest_p(6) == 0.03125);
  CHECK(sign_flip_p({-1, -2, -3}) == 0.25);
  CHECK(sign_flip_p({3, 2, -1}) == 0.5);  // +-6 and +-4 of eight
  CHECK(sign_flip_p({1, -1, 0}) == 1);
  CHECK(sign_flip_p({0.1, 0.1, -0.2, 0.3}) == 0.625);  // rounding splits no tie
  CHECK(sign_flip_p(std::vector<double>(kMostForFlips + 1, 0)) == 1);
}

TEST_CASE("with no difference, p is at most alpha in a share of alpha of studies") {
  std::mt19937_64 source(7);
  std::normal_distribution<double> normal;
  for (const std::size_t n : {std::size_t{6}, kMostForFlips + 4}) {
    constexpr int studies = 4000;
    int below = 0;
    for (int s = 0; s < studies; ++s) {
      std::vector<double> differences;
      for (std::size_t i = 0; i < n; ++i) differences.push_back(normal(source));
      if (sign_flip_p(differences) <= 0.125) ++below;
    }
    INFO("n = " << n);
    CHECK(below == Approx(0.125 * studies).margin(5 * std::sqrt(studies * 0.125 * 0.875)));
  }
}

TEST_CASE("Holm's adjustment is its definition") {
  // Adjusted p of the i-th smallest: the largest of (m - j + 1) p_j over j up to i, at most 1.
  std::mt19937_64 source(5);
  std::uniform_real_distribution<double> real(0, 0.3);
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<double> p(1 + source() % 7);
    for (double& value : p) value = source() % 4 == 0 ? 0.05 : real(source);
    const std::vector<double> adjusted = holm(p);
    for (std::size_t i = 0; i < p.size(); ++i) {
      double expected = 0;
      for (std::size_t j = 0; j < p.size(); ++j) {
        if (p[j] > p[i]) continue;
        const auto smaller = std::count_if(p.begin(), p.end(), [&](double q) { return q < p[j]; });
        expected = std::max(expected,
                            (static_cast<double>(p.size()) - static_cast<double>(smaller)) * p[j]);
      }
      if (std::abs(adjusted[i] - std::min(1.0, expected)) > 1e-15) FAIL("trial " << trial);
    }
  }
  SUCCEED();
}

TEST_CASE("Holm's adjustment") {
  const std::vector<double> adjusted = holm({0.01, 0.04, NAN, 0.03, 0.5});
  CHECK(adjusted[0] == Approx(0.04));
  CHECK(adjusted[3] == Approx(0.09));
  CHECK(adjusted[1] == Approx(0.09));  // never below one with a smaller p
  CHECK(std::isnan(adjusted[2]));
  CHECK(adjusted[4] == Approx(0.5));
  CHECK(holm({0.25, 0.25, 0.25, 0.25, 0.25}) == std::vector<double>(5, 1));
  CHECK(holm({}).empty());
}

TEST_CASE("the expected best of n tries is the mean over all ways to draw them") {
  const std::vector<double> values{.3, .9, .5, .5};
  const std::vector<double> expected = expected_best(values);
  REQUIRE(expected.size() == values.size());
  for (std::size_t n = 1; n <= values.size(); ++n) {
    double sum = 0, ways = std::pow(4.0, static_cast<double>(n));
    for (std::size_t way = 0; way < static_cast<std::size_t>(ways); ++way) {
      double best = 0;
      for (std::size_t i = 0, rest = way; i < n; ++i, rest /= 4)
        best = std::max(best, values[rest % 4]);
      sum += best;
    }
    CHECK(expected[n - 1] == Approx(sum / ways));
  }
  CHECK(expected_best({}).empty());
}
