// The numbers that axes generate.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "sweeps/spec/sequences.hpp"
#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep::spec;
using Numbers = std::vector<double>;

TEST_CASE("ranges include their last value, without the noise of binary fractions") {
  CHECK(steps_between(1, 10, 3) == 3);
  CHECK(range(1, 3, 4) == Numbers{1, 4, 7, 10});
  CHECK(steps_between(0.1, 0.5, 0.1) == 4);
  CHECK(range(0.1, 0.1, 5) == Numbers{0.1, 0.2, 0.3, 0.4, 0.5});  // 3 x 0.1 is not 0.3 in binary
  CHECK(range(3, -1, 3) == Numbers{3, 2, 1});
  CHECK(steps_between(1, 10, 4) == 2.25);
  CHECK(steps_between(1, 3, -1) < 0);
  CHECK(steps_between(1, 3, 0) < 0);
}

TEST_CASE("linspace and logspace") {
  CHECK(linspace(0, 1, 5) == Numbers{0, 0.25, 0.5, 0.75, 1});
  CHECK(linspace(0.1, 0.3, 3) == Numbers{0.1, 0.2, 0.3});
  CHECK(logspace(1, 64, 7) == Numbers{1, 2, 4, 8, 16, 32, 64});
  CHECK(logspace(0.001, 1, 4) == Numbers{0.001, 0.01, 0.1, 1});
  CHECK(logspace(100, 1, 3) == Numbers{100, 10, 1});
}

TEST_CASE("generated numbers have twelve digits") {
  CHECK(rounded(0.1 + 0.2) == 0.3);
  CHECK(rounded(1.0 / 3) == 0.333333333333);
  CHECK(rounded(123456789012345.0) == 123456789012000.0);
  CHECK(rounded(0) == 0);
  CHECK(rounded(-2.0 / 3) == -0.666666666667);
}

TEST_CASE("random numbers are the same on every machine") {
  // Made by an independent program (SplitMix64 and FNV-1a in Python integers).
  CHECK(unit_random("lr", 1, 0) == 0.14022177663399105);
  CHECK(unit_random("lr", 1, 1) == 0.3202064741888283);
  CHECK(unit_random("momentum", 1, 0) == 0.7912439264255544);
  CHECK(unit_random("lr", 7, 12345) == 0.1098754999554068);
}

TEST_CASE("random numbers depend on parameter, seed and index only") {
  const auto five = uniform(0, 1, 5, "lr", 3);
  const auto nine = uniform(0, 1, 9, "lr", 3);
  CHECK(Numbers(nine.begin(), nine.begin() + 5) == five);
  CHECK(uniform(0, 1, 5, "momentum", 3) != five);
  CHECK(uniform(0, 1, 5, "lr", 4) != five);
}

TEST_CASE("random numbers fill their interval evenly") {
  constexpr std::int64_t kCount = 100'000;
  double sum = 0, squares = 0;
  std::vector<int> bins(10);
  for (const double x : uniform(0, 1, kCount, "lr", 11)) {
    REQUIRE(x >= 0);
    REQUIRE(x < 1);
    sum += x;
    squares += x * x;
    ++bins[static_cast<std::size_t>(x * 10)];
  }
  // Five standard errors: sqrt(1/12 / n) of the mean, sqrt(4/45 / n) of the square, sqrt(0.09 n) of
  // a bin.
  CHECK(std::abs(sum / kCount - 0.5) < 5 * std::sqrt(1.0 / 12 / kCount));
  CHECK(std::abs(squares / kCount - 1.0 / 3) < 5 * std::sqrt(4.0 / 45 / kCount));
  for (const int bin : bins) CHECK(std::abs(bin - kCount / 10.0) < 5 * std::sqrt(0.09 * kCount));
}

TEST_CASE("loguniform is uniform in the logarithm") {
  constexpr std::int64_t kCount = 10'000;
  int below = 0;
  for (const double x : loguniform(1e-4, 1, kCount, "lr", 5)) {
    REQUIRE(x >= 1e-4);
    REQUIRE(x <= 1);
    below += x < 1e-2 ? 1 : 0;
  }
  CHECK(std::abs(below - kCount / 2.0) < 5 * std::sqrt(0.25 * kCount));
}

TEST_CASE("sequences begin and end where they were told to, and rise") {
  lockstep::test::fix_property_seed();
  CHECK(rc::check("linspace and logspace", [] {
    const double first = rounded(*rc::gen::inRange(1, 1'000'000) / 1000.0);
    const double last = rounded(first * (1 + *rc::gen::inRange(1, 1000) / 100.0));
    const auto count = *rc::gen::inRange<std::int64_t>(2, 50);
    for (const auto& numbers : {linspace(first, last, count), logspace(first, last, count)}) {
      RC_ASSERT(static_cast<std::int64_t>(numbers.size()) == count);
      RC_ASSERT(numbers.front() == first);
      RC_ASSERT(numbers.back() == last);
      RC_ASSERT(std::is_sorted(numbers.begin(), numbers.end()));
    }
  }));
}
