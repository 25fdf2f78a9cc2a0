#include "reports/statistics/survival.hpp"

#include <algorithm>
#include <limits>

namespace lockstep {

namespace {
constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// A survival share of one half up to rounding of the product: the median is reached.
constexpr double kHalf = 0.5 + 1e-12;

double end_of(const Outcome& outcome) {
  return outcome.kind == Outcome::Kind::never ? kInfinity : outcome.time;
}
bool is_event(const Outcome& outcome) { return outcome.kind == Outcome::Kind::reached; }
}  // namespace

Survival survival(std::vector<Outcome> outcomes, double bound) {
  Survival result{.n = static_cast<int>(outcomes.size()), .median = kInfinity, .bound = bound};
  // At equal times events come first: who is censored at t was still at risk at t.
  std::sort(outcomes.begin(), outcomes.end(), [](const Outcome& a, const Outcome& b) {
    if (end_of(a) != end_of(b)) return end_of(a) < end_of(b);
    return is_event(a) && !is_event(b);
  });
  double share = 1, from = 0;
  auto at_risk = static_cast<double>(outcomes.size());
  for (const Outcome& outcome : outcomes) {
    if (is_event(outcome)) {
      ++result.reached;
      const double until = std::min(outcome.time, bound);
      if (until > from) {
        result.restricted_mean += share * (until - from);
        from = until;
      }
      share *= (at_risk - 1) / at_risk;
      if (share <= kHalf && result.median == kInfinity) result.median = outcome.time;
    }
    at_risk -= 1;
  }
  if (bound > from) result.restricted_mean += share * (bound - from);
  if (result.n > 0) result.success_rate = static_cast<double>(result.reached) / result.n;
  return result;
}

}  // namespace lockstep
