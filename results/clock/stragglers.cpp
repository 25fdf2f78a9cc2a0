// The expected slowest of W workers that take H steps each, by the model of stragglers; sums of
// exponential excesses are Gamma.
#include <cmath>
#include <stdexcept>

#include "results/clock/clock.hpp"
#include "results/clock/slowest_sum.hpp"

namespace lockstep {

namespace {
constexpr double kTiny = 1e-300;
constexpr double kPrecision = 1e-14;
constexpr int kPanels = 4096;  // Simpson; the integrand is smooth and monotone
constexpr double kFarInDeviations =
    12;  // below this many standard deviations a Gamma has mass < 1e-30

/// P(a, x), the distribution function of Gamma(a, 1): series below a + 1, continued fraction
/// (Lentz) above it.
double gamma_cdf(double a, double x) {
  if (x <= 0) return 0;
  const double front = std::exp(a * std::log(x) - x - std::lgamma(a));
  if (x < a + 1) {
    double term = 1 / a;
    double sum = term;
    for (double n = a + 1; term > sum * kPrecision; ++n) sum += term *= x / n;
    return front * sum;
  }
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double fraction = d;
  for (double i = 1;; ++i) {
    const double an = -i * (i - a);
    b += 2;
    d = 1 / (std::abs(an * d + b) < kTiny ? kTiny : an * d + b);
    c = std::abs(b + an / c) < kTiny ? kTiny : b + an / c;
    fraction *= c * d;
    if (std::abs(c * d - 1) < kPrecision) break;
  }
  return 1 - front * fraction;
}

/// E max of `workers` independent Gamma(steps, 1): the integral of 1 - P(steps, x)^workers.
double expected_max_gamma(double workers, double steps) {
  const auto tail = [&](double x) {
    const double cdf = gamma_cdf(steps, x);
    return cdf > 0 ? -std::expm1(workers * std::log(cdf)) : 1.0;
  };
  const double deviation = std::sqrt(steps);
  const double low = std::max(0.0, steps - kFarInDeviations * deviation);
  double high = steps + kFarInDeviations * deviation + std::log(workers);
  while (tail(high) > kPrecision) high += deviation + 1;
  const double width = (high - low) / kPanels;
  double sum = tail(low) + tail(high);
  for (int i = 1; i < kPanels; ++i) sum += (i % 2 ? 4 : 2) * tail(low + i * width);
  return low + sum * width / 3;
}
}  // namespace

double harmonic(std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = n; i >= 1; --i) sum += 1 / static_cast<double>(i);
  return sum;
}

double expected_round_excess_s(const Stragglers& stragglers, std::int64_t workers,
                               std::int64_t steps) {
  if (workers < 1) throw std::invalid_argument("a round needs at least one worker");
  using Kind = Stragglers::Kind;
  if (stragglers.kind == Kind::none || steps <= 0) return 0;
  const double mu = stragglers.mean_excess_s;
  if (stragglers.kind == Kind::measured)
    return mu * static_cast<double>(steps) *
           (stragglers.spread.interrupted_s +
            stragglers.spread.deviation_of(steps) * expected_max_normal(workers));
  if (workers == 1 || stragglers.kind == Kind::slow_worker) return mu * static_cast<double>(steps);
  if (stragglers.kind == Kind::lognormal)
    return mu * expected_slowest_sum(lognormal_excess(stragglers.sigma), workers, steps);
  if (stragglers.kind == Kind::trace) {
    const StepExcess step = recorded_excess(stragglers.recorded);
    return step.mean > 0 ? mu / step.mean * expected_slowest_sum(step, workers, steps) : 0;
  }
  if (steps == 1) return mu * harmonic(workers);
  return mu * expected_max_gamma(static_cast<double>(workers), static_cast<double>(steps));
}

double RoundExcess::slowest(std::int64_t workers, std::int64_t steps) const {
  if (shape_.kind == Stragglers::Kind::none) return 0;
  const auto [entry, is_new] = known_.try_emplace({workers, steps}, 0.0);
  if (is_new) entry->second = expected_round_excess_s(shape_, workers, steps);
  return entry->second;
}

double RoundExcess::mean_step(std::int64_t workers) const {
  if (shape_.kind == Stragglers::Kind::none) return 0;
  if (shape_.kind == Stragglers::Kind::measured) return shape_.spread.interrupted_s;
  return shape_.kind == Stragglers::Kind::slow_worker ? 1.0 / static_cast<double>(workers) : 1;
}

}  // namespace lockstep
