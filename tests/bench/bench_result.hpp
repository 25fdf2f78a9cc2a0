// What all benchmarks say the same way: the median of alternating pairs with its interval, a
// verdict, and one line of JSON for a gate to read.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lockstep::bench {

struct Interval {
  double median = 0, low = 0, high = 0;
};

/// The sample median with a distribution-free interval of at least 95 %: order statistics k and
/// n + 1 - k, k the largest with 2 P(Binomial(n, 1/2) < k) <= 0.05. Below 6 values: their range.
inline Interval median_interval(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  std::size_t k = 0;
  double below = 0, term = std::pow(0.5, static_cast<double>(n));
  while (2 * (below + term) <= 0.05) {
    below += term;
    term *= static_cast<double>(n - k) / static_cast<double>(k + 1);
    ++k;
  }
  const std::size_t first = k == 0 ? 0 : k - 1;
  const double median = (values[(n - 1) / 2] + values[n / 2]) / 2;
  return {median, values[first], values[n - 1 - first]};
}

inline nlohmann::ordered_json to_json(const Interval& interval) {
  return {{"median", interval.median}, {"low", interval.low}, {"high", interval.high}};
}

inline const char* verdict(bool pass) { return pass ? "PASS" : "FAIL"; }

/// {"bench": name, ...values} on a line of its own, after everything for people.
inline void print_json(const std::string& name, const nlohmann::ordered_json& values) {
  nlohmann::ordered_json line = {{"bench", name}};
  line.update(values);
  std::printf("%s\n", line.dump().c_str());
  std::fflush(stdout);
}

}  // namespace lockstep::bench
