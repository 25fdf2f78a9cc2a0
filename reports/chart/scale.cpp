#include "reports/chart/scale.hpp"

#include <algorithm>
#include <cmath>

#include "reports/text/format.hpp"

namespace lockstep {

namespace {
constexpr double kLogFrom = 3;     // a span beyond which a linear axis squeezes the small values
constexpr double kZoomFrom = 0.4;  // values nearer to each other than this have their own range
constexpr double kHeadroom = 1.12;

/// Label with just the digits that the step between ticks needs.
std::string tick_label(double value, double step) {
  if (std::abs(value) >= 1e6 || (value != 0 && std::abs(value) < 1e-3))
    return significant(value, 2);
  const int digits = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6);
  return fixed(value, digits);
}

std::string log_label(double value) {
  return value >= 1e6 || value < 1e-3 ? significant(value, 2) : compact(value, 2);
}

double round_step(double raw) {
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (raw <= factor * power * (1 + 1e-9)) return factor * power;
  }
  return 10 * power;
}

/// 2.5 needs one digit more than its power of ten says.
double label_step(double step) {
  const double power = std::pow(10, std::floor(std::log10(step) + 1e-9));
  return std::abs(step / power - 2.5) < 1e-6 ? power / 10 : step;
}
}  // namespace

double Scale::operator()(double value) const {
  const double share =
      log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return from + std::clamp(share, 0.0, 1.0) * (to - from);
}

Scale linear_scale(double low, double high, double from, double to, int about) {
  if (!(high > low)) high = low + (low == 0 ? 1 : std::abs(low) * 0.1);
  Scale scale{low, high, false, from, to, {}};
  const double step = round_step((high - low) / about);
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k) {
    scale.ticks.push_back({k * step, tick_label(k * step, label_step(step))});
  }
  return scale;
}

Scale log_scale(double low, double high, double from, double to, int about) {
  if (!(high > low)) high = low * 10;
  Scale scale{low, high, true, from, to, {}};
  for (const std::vector<double>& factors :
       {std::vector<double>{1, 1.5, 2, 3, 5, 7}, std::vector<double>{1, 2, 5},
        std::vector<double>{1, 3}, std::vector<double>{1}}) {
    scale.ticks.clear();
    for (int power = static_cast<int>(std::floor(std::log10(low))); std::pow(10, power) <= high;
         ++power) {
      for (const double factor : factors) {
        const double value = factor * std::pow(10, power);
        if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9))
          scale.ticks.push_back({value, log_label(value)});
      }
    }
    if (scale.ticks.size() <= static_cast<std::size_t>(about) + 2) break;
  }
  return scale;
}

Scale magnitude_scale(const std::vector<double>& values, double from, double to, int about) {
  double low = INFINITY, high = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (high <= 0) return linear_scale(0, 1, from, to, about);
  if (low > 0 && high > kLogFrom * low) return log_scale(low / 1.35, high * 1.35, from, to, about);
  if (low > kZoomFrom * high) {
    const double margin = std::max(0.15 * (high - low), 0.02 * high);
    return linear_scale(low - margin, high + margin, from, to, about);
  }
  return linear_scale(0, high * kHeadroom, from, to, about);
}

}  // namespace lockstep
