#include "sweeps/spec/sequences.hpp"

#include <charconv>
#include <cmath>

namespace lockstep::spec {

namespace {
/// Output function of SplitMix64 (Steele, Lea, Flood 2014): a bijection that mixes all bits.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// FNV-1a, 64 bits.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

template <typename At>
std::vector<double> sequence(std::int64_t count, At at) {
  std::vector<double> numbers;
  numbers.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) numbers.push_back(rounded(at(i)));
  return numbers;
}
}  // namespace

double rounded(double number) {
  char digits[32];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, number, std::chars_format::scientific, 11).ptr;
  double result = number;
  std::from_chars(digits, end, result);
  return result;
}

double steps_between(double first, double last, double step) {
  if (!(step != 0)) return -1;
  return rounded((last - first) / step);
}

std::vector<double> range(double first, double step, std::int64_t count) {
  return sequence(count, [&](std::int64_t i) { return first + static_cast<double>(i) * step; });
}

std::vector<double> linspace(double first, double last, std::int64_t count) {
  const auto gaps = static_cast<double>(count - 1);
  return sequence(count, [&](std::int64_t i) {
    const double share = static_cast<double>(i) / gaps;
    return first * (1 - share) + last * share;
  });
}

std::vector<double> logspace(double first, double last, std::int64_t count) {
  const auto gaps = static_cast<double>(count - 1);
  const double low = std::log(first);
  const double high = std::log(last);
  return sequence(count, [&](std::int64_t i) {
    if (i == 0) return first;
    if (i == count - 1) return last;
    const double share = static_cast<double>(i) / gaps;
    return std::exp(low * (1 - share) + high * share);
  });
}

double unit_random(std::string_view stream, std::uint64_t seed, std::uint64_t index) {
  const std::uint64_t bits = mixed(mixed(mixed(hash_of(stream)) ^ seed) ^ index);
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

std::vector<double> uniform(double low, double high, std::int64_t count, std::string_view stream,
                            std::uint64_t seed) {
  return sequence(count, [&](std::int64_t i) {
    const double share = unit_random(stream, seed, static_cast<std::uint64_t>(i));
    return low + (high - low) * share;
  });
}

std::vector<double> loguniform(double low, double high, std::int64_t count, std::string_view stream,
                               std::uint64_t seed) {
  const double bottom = std::log(low);
  const double top = std::log(high);
  return sequence(count, [&](std::int64_t i) {
    const double share = unit_random(stream, seed, static_cast<std::uint64_t>(i));
    return std::exp(bottom + (top - bottom) * share);
  });
}

}  // namespace lockstep::spec
