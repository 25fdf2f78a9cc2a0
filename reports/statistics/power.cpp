#include "reports/statistics/power.hpp"

#include <algorithm>
#include <boost/math/distributions/non_central_t.hpp>
#include <cmath>

#include "reports/statistics/interval.hpp"
#include "reports/statistics/paired.hpp"

namespace lockstep {

namespace {
/// Effects beyond it are found with two seeds and certainty: the distribution is not asked.
constexpr double kHuge = 100;
}  // namespace

double paired_power(int n, double effect) {
  effect = std::abs(effect);
  if (effect >= kHuge) return 1;
  const boost::math::non_central_t t(n - 1, effect * std::sqrt(static_cast<double>(n)));
  const double bound = t_factor(n);
  return boost::math::cdf(boost::math::complement(t, bound)) + boost::math::cdf(t, -bound);
}

std::optional<int> seeds_for(double effect, int most) {
  int low = 1, high = 2;  // too few, perhaps enough
  while (paired_power(high, effect) < kPower) {
    if (high >= most) return {};
    low = high;
    high = std::min(2 * high, most);
  }
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (paired_power(middle, effect) < kPower ? low : high) = middle;
  }
  return high;
}

double detectable_effect(int n) {
  double low = 0, high = kHuge;
  while (high - low > 1e-9 * high) {
    const double middle = (low + high) / 2;
    (paired_power(n, middle) < kPower ? low : high) = middle;
  }
  return high;
}

int fewest_for_flips(double p) {
  int n = 1;
  while (smallest_p(n) > p) ++n;
  return n;
}

}  // namespace lockstep
