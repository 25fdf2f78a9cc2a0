#include "reports/statistics/paired.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "reports/statistics/interval.hpp"

namespace lockstep {

namespace {
/// Sums that differ by less, relative to the whole, are equal: the order of adding decides nothing.
constexpr double kSameSum = 1e-9;

double flips_p(const std::vector<double>& differences) {
  double observed = 0, whole = 0;
  for (const double d : differences) observed += d, whole += std::abs(d);
  const double least = std::abs(observed) - kSameSum * whole;
  const std::size_t ways = std::size_t{1} << differences.size();
  std::size_t as_far = 0;
  for (std::size_t signs = 0; signs < ways; ++signs) {
    double sum = 0;
    for (std::size_t i = 0; i < differences.size(); ++i)
      sum += (signs >> i & 1U) != 0 ? -differences[i] : differences[i];
    if (std::abs(sum) >= least) ++as_far;
  }
  return static_cast<double>(as_far) / static_cast<double>(ways);
}

double student_p(const std::vector<double>& differences) {
  const Estimate e = estimate(differences);
  const double error = (e.ci->high - e.mean) / t_factor(e.n());
  if (!(error > 0)) return e.mean == 0 ? 1 : 0;
  const boost::math::students_t t(e.n() - 1);
  return 2 * boost::math::cdf(boost::math::complement(t, std::abs(e.mean) / error));
}
}  // namespace

std::vector<double> paired_differences(const SeedValues& a, const SeedValues& b) {
  std::vector<double> differences;
  for (const auto& [seed, value] : a) {
    const auto other = b.find(seed);
    if (other == b.end()) continue;
    const double difference = value - other->second;
    if (std::isfinite(difference)) differences.push_back(difference);
  }
  return differences;
}

double sign_flip_p(const std::vector<double>& differences) {
  if (differences.empty()) return std::numeric_limits<double>::quiet_NaN();
  return differences.size() <= kMostForFlips ? flips_p(differences) : student_p(differences);
}

double smallest_p(int n) { return std::ldexp(1.0, 1 - n); }

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (!std::isnan(p[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted = p;
  double floor = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    floor = std::max(floor, static_cast<double>(order.size() - k) * p[order[k]]);
    adjusted[order[k]] = std::min(1.0, floor);
  }
  return adjusted;
}

}  // namespace lockstep
