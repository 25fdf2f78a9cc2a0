// Workers whose rounds vary as measured: how far the slowest is beyond the mean.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "results/clock/clock.hpp"

namespace lockstep {

double StepSpread::deviation_of(std::int64_t steps) const {
  if (steps < 1) throw std::invalid_argument("a round has at least one step");
  if (deviation_s.empty()) return 0;
  const double doublings = std::log2(static_cast<double>(steps));
  const auto below = static_cast<std::size_t>(doublings);
  if (below + 1 >= deviation_s.size()) return deviation_s.back();
  const double low = deviation_s[below], high = deviation_s[below + 1];
  const double share = doublings - static_cast<double>(below);
  if (!(low > 0 && high > 0)) return low + share * (high - low);
  return low * std::pow(high / low, share);
}

double expected_max_normal(std::int64_t n) {
  if (n < 1) throw std::invalid_argument("there is no largest of none");
  // The integral of x d(P(x)^n), by parts on either side of 0; Simpson, the tails are below 1e-16.
  constexpr int kPanels = 4000;
  constexpr double kEnd = 10;
  const auto all_below = [n](double x) {
    return std::pow(std::erfc(-x / std::sqrt(2.0)) / 2, static_cast<double>(n));
  };
  const auto integrand = [&](double x) { return 1 - all_below(x) - all_below(-x); };
  const double width = kEnd / kPanels;
  double sum = integrand(0) + integrand(kEnd);
  for (int i = 1; i < kPanels; ++i) sum += (i % 2 ? 4 : 2) * integrand(i * width);
  return n == 1 ? 0 : sum * width / 3;
}

}  // namespace lockstep
