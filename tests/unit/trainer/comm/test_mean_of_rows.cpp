#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "trainer/comm/mean_of_rows.hpp"

using namespace lockstep;

namespace {

template <class T>
std::vector<T> normal_row(std::size_t n, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  std::vector<T> row(n);
  for (T& x : row) x = static_cast<T>(normal(generator));
  return row;
}

template <class T>
std::vector<T> mean_of(const std::vector<std::vector<T>>& rows,
                       const std::vector<double>& weights = {}) {
  std::vector<const T*> pointers;
  for (const auto& row : rows) pointers.push_back(row.data());
  std::vector<T> out(rows[0].size());
  mean_of_rows<T>(pointers, weights, out.data(), static_cast<std::int64_t>(out.size()));
  return out;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

}  // namespace

TEMPLATE_TEST_CASE("the mean of equal rows is the row, for every number of workers", "[mean]",
                   float, double) {
  const auto row = normal_row<TestType>(2000, 3);
  for (std::size_t workers = 1; workers <= 256; ++workers) {
    INFO(workers << " workers");
    CHECK(same_bits(mean_of(std::vector(workers, row)), row));
  }
}

TEMPLATE_TEST_CASE("the mean is the wide sum in worker order, divided and rounded once", "[mean]",
                   float, double) {
  using Wide = std::conditional_t<std::is_same_v<TestType, float>, double, long double>;
  for (const std::size_t workers : {1U, 2U, 3U, 4U, 5U, 6U, 8U, 9U, 17U}) {
    for (const std::size_t n : {1U, 7U, 1023U, 2048U, 2049U, 5000U}) {
      std::vector<std::vector<TestType>> rows;
      for (unsigned w = 0; w < workers; ++w) rows.push_back(normal_row<TestType>(n, 100 + w));
      std::vector<TestType> expected(n);
      for (std::size_t j = 0; j < n; ++j) {
        Wide sum = 0;
        for (const auto& row : rows) sum += static_cast<Wide>(row[j]);
        expected[j] = static_cast<TestType>(sum / static_cast<Wide>(workers));
      }
      INFO(workers << " workers, n = " << n);
      CHECK(same_bits(mean_of(rows), expected));
      CHECK(same_bits(mean_of(rows, std::vector<double>(workers, 1.0)), expected));
    }
  }
}

TEST_CASE("weights count as copies of a row", "[mean]") {
  const auto a = normal_row<float>(3000, 1), b = normal_row<float>(3000, 2);
  const auto weighted = mean_of<float>({a, b}, {3, 1});
  for (std::size_t j = 0; j < a.size(); ++j) {
    CHECK(weighted[j] ==
          static_cast<float>((3.0 * static_cast<double>(a[j]) + static_cast<double>(b[j])) / 4));
  }
  CHECK(same_bits(mean_of<float>({a, b}, {0, 2}), b));
  CHECK(same_bits(mean_of<float>({a, b}, {0.25, 0.25}), mean_of<float>({a, b})));
  // A power of two whose inverse overflows.
  const double smallest = std::numeric_limits<double>::denorm_min();
  CHECK(mean_of<float>({{3}, {8}}, {smallest, 0})[0] == 3);
}

TEST_CASE("the order of the rows decides the bits, so the order is fixed", "[mean]") {
  const double large = 1e30;
  const std::vector<std::vector<double>> rows = {{large}, {1.0}, {-large}};
  CHECK(mean_of(rows)[0] == 0.0);
  CHECK(mean_of<double>({rows[0], rows[2], rows[1]})[0] == static_cast<double>(1.0L / 3));
}

TEST_CASE("a mean keeps the sign of zero, infinities and NaN, and does not overflow on the way",
          "[mean]") {
  const float inf = std::numeric_limits<float>::infinity(), big = std::numeric_limits<float>::max();
  const std::vector<float> row = {-0.0F, inf, NAN, big};
  const auto mean = mean_of<float>({row, row, row});
  CHECK((mean[0] == 0 && std::signbit(mean[0])));
  CHECK(mean[1] == inf);
  CHECK(std::isnan(mean[2]));
  CHECK(mean[3] == big);
}

TEMPLATE_TEST_CASE("out may be any of the rows", "[mean]", float, double) {
  for (std::size_t target = 0; target < 5; ++target) {
    std::vector<std::vector<TestType>> rows;
    for (unsigned w = 0; w < 5; ++w) rows.push_back(normal_row<TestType>(5001, 10 + w));
    const auto expected = mean_of(rows);
    std::vector<const TestType*> pointers;
    for (const auto& row : rows) pointers.push_back(row.data());
    mean_of_rows<TestType>(pointers, {}, rows[target].data(), 5001);
    CHECK(same_bits(rows[target], expected));
  }
}

TEST_CASE("the maximum is the largest element, and NaN where there is one", "[max]") {
  const std::vector<float> a = {1, -3, NAN, 2, -0.0F}, b = {0, -2, 5, NAN, 0.0F},
                           c = {-1, -9, 1, 1, 0.0F};
  const std::vector<const float*> rows = {a.data(), b.data(), c.data()};
  std::vector<float> out(5);
  max_of_rows<float>(rows, out.data(), 5);
  CHECK(out[0] == 1);
  CHECK(out[1] == -2);
  CHECK(std::isnan(out[2]));
  CHECK(std::isnan(out[3]));
  CHECK(std::signbit(out[4]));  // the first of equals
}
