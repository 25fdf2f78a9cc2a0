#include "reports/statistics/expected_best.hpp"

#include <algorithm>
#include <cmath>

namespace lockstep {

std::vector<double> expected_best(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto k = static_cast<double>(values.size());
  std::vector<double> expected;
  for (std::size_t n = 1; n <= values.size(); ++n) {
    // The i-th smallest is the largest drawn: all draws are at most it, and not all are below it.
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto at_most = [&](std::size_t j) {
        return std::pow(static_cast<double>(j) / k, static_cast<double>(n));
      };
      sum += values[i] * (at_most(i + 1) - at_most(i));
    }
    expected.push_back(sum);
  }
  return expected;
}

}  // namespace lockstep
