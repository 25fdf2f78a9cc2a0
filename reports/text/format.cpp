#include "reports/text/format.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace lockstep {

namespace {
/// Of times that are compared: cells often differ by a percent.
constexpr int kTimeDigits = 4;

/// Digits after the point for so many significant ones.
int decimals(double number, int digits) {
  if (number == 0) return 0;
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(number)) + 1e-12));
  return std::max(0, digits - 1 - magnitude);
}

std::string grouped(std::string digits) {
  const std::size_t point = std::min(digits.find('.'), digits.size());
  const std::size_t first = !digits.empty() && digits[0] == '-' ? 1 : 0;
  for (std::size_t i = point; i > first + 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string special(double number) {
  if (std::isnan(number)) return kNone;
  return number > 0 ? "∞" : "-∞";
}
}  // namespace

std::string fixed(double number, int digits) {
  if (!std::isfinite(number)) return special(number);
  std::string text = fmt::format("{:.{}f}", number, digits);
  if (text[0] == '-' && text.find_first_not_of("-0.") == std::string::npos) text.erase(0, 1);
  return text;
}

std::string significant(double number, int digits) {
  if (!std::isfinite(number)) return special(number);
  const double size = std::abs(number);
  if (number != 0 && (size < 1e-4 || size >= 1e15))
    return fmt::format("{:.{}e}", number, digits - 1);
  return fixed(number, decimals(number, digits));
}

std::string compact(double number, int digits) {
  std::string text = significant(number, digits);
  if (text.find('.') == std::string::npos || text.find('e') != std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string percent(double share) { return fixed(100 * share, 2); }

std::string seconds(double value, int digits) {
  if (!std::isfinite(value)) return special(value);
  return grouped(significant(value, digits)) + " s";
}

std::string count(double value) {
  if (!std::isfinite(value)) return special(value);
  return grouped(fixed(value, 0));
}

std::string bytes(double value) {
  if (!std::isfinite(value)) return special(value);
  constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  while (std::abs(value) >= 1000 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return significant(value, 3) + " " + units[unit];
}

std::string percent_with_ci(const Estimate& e) {
  if (!e.known() || !e.ci) return percent(e.mean);
  return fmt::format("{} [{}, {}]", percent(e.mean), percent(e.ci->low), percent(e.ci->high));
}

std::string seconds_with_ci(const Estimate& e) {
  if (!e.known() || !e.ci || e.ci->high - e.ci->low <= 1e-9 * std::abs(e.mean))
    return seconds(e.mean, kTimeDigits);
  const int digits = decimals(e.mean, kTimeDigits);
  return fmt::format("{} [{}, {}]", seconds(e.mean, kTimeDigits), grouped(fixed(e.ci->low, digits)),
                     grouped(fixed(e.ci->high, digits)));
}

std::string short_id(const std::string& id) {
  constexpr std::size_t kDigits = 12;
  return id.substr(0, kDigits);
}

}  // namespace lockstep
