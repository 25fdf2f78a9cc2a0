#include "reports/statistics/interval.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

namespace lockstep {

namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double mean_of(const std::vector<double>& values) {
  // Around the first value, so that equal values have exactly their value as mean and no width.
  double sum = 0;
  for (const double value : values) sum += value - values.front();
  const double mean = values.front() + sum / static_cast<double>(values.size());
  return std::isfinite(mean) ? mean : kNaN;
}

}  // namespace

double deviation(const std::vector<double>& values) {
  if (values.size() < 2) return kNaN;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

bool Estimate::known() const { return std::isfinite(mean); }

double t_factor(int n) {
  const boost::math::students_t t(n - 1);
  return boost::math::quantile(t, 0.5 + kConfidence / 2);
}

Estimate estimate(std::vector<double> values) {
  Estimate result{std::move(values), kNaN, {}};
  if (result.values.empty()) return result;
  result.mean = mean_of(result.values);
  if (!result.known() || result.n() < kFewestForInterval) return result;
  const double error = deviation(result.values) / std::sqrt(static_cast<double>(result.n()));
  const double half = t_factor(result.n()) * error;
  result.ci = Interval{result.mean - half, result.mean + half};
  return result;
}

double median(std::vector<double> values) {
  if (values.empty()) return kNaN;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace lockstep
