// Spread that a few wild values do not move.
#pragma once

#include <vector>

namespace lockstep {

/// Median absolute deviation from the median, scaled to the standard deviation of a normal sample.
/// NaN for no values.
double robust_deviation(const std::vector<double>& values);

/// Standard error of the median of a normal sample, by robust_deviation: sqrt(pi / 2) of the
/// mean's.
double median_error(const std::vector<double>& values);

/// Robust deviations from the median beyond which a value is called an outlier (Iglewicz and
/// Hoaglin 1993, the modified z-score).
inline constexpr double kOutlier = 3.5;

}  // namespace lockstep
