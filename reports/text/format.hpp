// Numbers for people, in fixed forms: the same double gives the same text everywhere.
#pragma once

#include <string>

#include "reports/statistics/interval.hpp"

namespace lockstep {

/// What stands where there is no number.
inline constexpr const char* kNone = "–";

std::string fixed(double number, int digits);  ///< kNone for NaN; "∞" for infinity; never "-0.0"
std::string significant(double number, int digits);  ///< no exponent between 1e-4 and 1e15
std::string compact(double number, int digits);  ///< the same without trailing zeros: "16", "0.05"
std::string percent(double share);               ///< 0.8642 -> "86.42"
std::string seconds(double value, int digits = 3);  ///< "0.0123 s", "12.3 s", "1,234 s"
std::string count(double value);                    ///< "1,234,567"
std::string bytes(double value);                    ///< "1.23 MB", decimal units

/// The first 12 digits of the id of a run or of a file's digest: as much as people need.
std::string short_id(const std::string& id);

/// "86.42 [85.90, 86.94]" in percent; only the mean below three seeds.
std::string percent_with_ci(const Estimate& estimate);
/// "12.3 s [12.1, 12.5]"; an interval of no width is left out.
std::string seconds_with_ci(const Estimate& estimate);

}  // namespace lockstep
