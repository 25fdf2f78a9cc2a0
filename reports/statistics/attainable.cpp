#include "reports/statistics/attainable.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <functional>
#include <limits>

#include "reports/statistics/interval.hpp"

namespace lockstep {

namespace {
constexpr double kRounding = 1e-9;  // (n + 1) (1 - confidence) of 10 runs and 0.9 is 1

/// Calls `each(share, smallest error so far)` for the readings that count.
template <typename Each>
void look(const std::vector<Reading>& readings, const Each& each) {
  double error = 1;
  for (const Reading& reading : readings) {
    if (!(reading.share > 0) || reading.share > kLastLook) continue;
    error = std::min(error, std::max(0.0, 1 - reading.accuracy));
    each(reading.share, error);
  }
}
}  // namespace

std::optional<double> descent(const std::vector<Reading>& readings, double final_accuracy) {
  const double left = std::max(0.0, 1 - final_accuracy);
  std::optional<double> most;
  look(readings, [&](double share, double error) {
    double score = 0;  // nothing was gained
    if (error > left) {
      score = left > 0 ? std::log(error / left) / std::log(1 / share)
                       : std::numeric_limits<double>::infinity();
    }
    most = std::max(most.value_or(0), score);
  });
  return most;
}

std::optional<double> prediction_bound(std::vector<double> values, double confidence) {
  const double allowed = static_cast<double>(values.size() + 1) * (1 - confidence);
  const auto k = static_cast<std::size_t>(std::floor(allowed + kRounding));
  if (k < 1 || values.empty()) return {};
  const auto kth = values.begin() + static_cast<std::ptrdiff_t>(std::min(k, values.size()) - 1);
  std::nth_element(values.begin(), kth, values.end(), std::greater<>());
  return *kth;
}

double attainable_accuracy(const std::vector<Reading>& readings, double most) {
  double least = 0, best = 0;  // error; accuracy
  look(readings, [&](double share, double error) {
    // The bound holds at all readings at once, so the tightest one counts.
    least = std::max(least, error > 0 ? error * std::pow(share, most) : 0);
  });
  for (const Reading& reading : readings) best = std::max(best, reading.accuracy);
  return std::max(1 - least, best);
}

double lower_mean_bound(const std::vector<double>& values, double confidence) {
  const Estimate sample = estimate(values);
  if (!sample.known() || sample.n() < kFewestForInterval)
    return std::numeric_limits<double>::quiet_NaN();
  const boost::math::students_t t(sample.n() - 1);
  const double error = deviation(values) / std::sqrt(static_cast<double>(sample.n()));
  return sample.mean - boost::math::quantile(t, confidence) * error;
}

}  // namespace lockstep
