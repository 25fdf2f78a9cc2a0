#include "reports/statistics/robust.hpp"

#include <cmath>
#include <numbers>

#include "reports/statistics/interval.hpp"

namespace lockstep {

namespace {
/// Of a normal distribution: half of it lies within 0.6745 standard deviations of its middle.
constexpr double kQuartile = 0.6744897501960817;
}  // namespace

double robust_deviation(const std::vector<double>& values) {
  const double middle = median(values);
  std::vector<double> away;
  for (const double value : values) away.push_back(std::abs(value - middle));
  return median(away) / kQuartile;
}

double median_error(const std::vector<double>& values) {
  return std::sqrt(std::numbers::pi / 2 / static_cast<double>(values.size())) *
         robust_deviation(values);
}

}  // namespace lockstep
