#include "results/clock/slowest_sum.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

namespace lockstep {

namespace {
using Complex = std::complex<double>;

constexpr std::size_t kPoints = 1 << 16;  // of the grid: the error falls with its square
/// Mass that may be missing below the grid, and above it where steps are bounded: e^-30 = 1e-13.
constexpr double kLogMissing = 30;
/// Chance that the slowest worker has a step beyond the grid of an unbounded excess. There the sum
/// is its longest step and the mean of the others: an asymptote, whose error counts 1e-5 times.
constexpr double kBeyond = 1e-5;
constexpr double kFarInDeviations = 8;
/// Relative variance of steps that are all alike but for rounding.
constexpr double kAlike = 1e-24;

/// In place, forwards; its length is a power of two.
void fourier(std::vector<Complex>& values) {
  const std::size_t n = values.size();
  for (std::size_t i = 1, j = 0; i < n; ++i) {
    std::size_t bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(values[i], values[j]);
  }
  std::vector<Complex> roots(n / 2);
  for (std::size_t k = 0; k < n / 2; ++k)
    roots[k] =
        std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n));
  for (std::size_t length = 2; length <= n; length *= 2) {
    const std::size_t half = length / 2, stride = n / length;
    for (std::size_t from = 0; from < n; from += length) {
      for (std::size_t k = 0; k < half; ++k) {
        const Complex a = values[from + k], b = values[from + k + half], r = roots[k * stride];
        const Complex turned{b.real() * r.real() - b.imag() * r.imag(),
                             b.real() * r.imag() + b.imag() * r.real()};
        values[from + k] = a + turned;
        values[from + k + half] = a - turned;
      }
    }
  }
}

Complex to_power(Complex base, std::int64_t exponent) {
  Complex result = 1;
  for (; exponent > 0; exponent >>= 1, base *= base) {
    if (exponent & 1) result *= base;
  }
  return result;
}

/// The x that the tail falls to `chance` at.
double quantile(const StepExcess& step, double chance) {
  double low = step.mean, high = step.mean + 1;
  while (step.tail(high) > chance) high *= 2;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (step.tail(middle) > chance ? low : high) = middle;
  }
  return high;
}

/// What part of the line the sum is looked for on, and how long a step may be for that.
struct Window {
  double low, high;
  double room;       ///< beyond `high`: what does not fit there comes back in from below
  double long_step;  ///< longer ones are left out: the sum lies beyond `high`
};

/// Bernstein's inequality: how far a sum of this deviation goes to a side on which no term lies
/// further than `reach` from its mean.
double farthest(double deviation, double reach) {
  const double third = reach * kLogMissing / 3;
  return third + std::sqrt(third * third + 2 * kLogMissing * deviation * deviation);
}

Window window_of(const StepExcess& step, double workers, double steps) {
  const double mean = steps * step.mean, above_least = step.mean - step.least;
  const double deviation = std::sqrt(steps * step.variance);
  // Downwards there is a second bound, by the squares of what is not negative.
  const double squares = step.variance + above_least * above_least;
  const double down =
      std::min(farthest(deviation, above_least), std::sqrt(2 * kLogMissing * steps * squares));
  const double low = std::max(steps * step.least, mean - down);
  if (std::isfinite(step.most)) {
    const double up = farthest(deviation, step.most - step.mean);
    return {low, std::min(steps * step.most, mean + up), 0, step.most};
  }
  const double longest = quantile(step, kBeyond / (workers * steps));
  const double high = std::max(mean - step.mean + longest, mean + kFarInDeviations * deviation);
  return {low, high, mean - low + kFarInDeviations * deviation, high - low + step.least};
}

/// Masses of one step on least, least + width, ...: of its mean, whatever the width. Rounding may
/// leave one below 0; the sum over them stays as good as the stop-loss function.
std::vector<Complex> masses(const StepExcess& step, double width, double long_step) {
  std::vector<Complex> grid(kPoints, 0);
  double before = step.beyond(step.least) + width, here = step.beyond(step.least);
  for (std::size_t k = 0; k < kPoints; ++k) {
    const double x = step.least + static_cast<double>(k) * width;
    if (x > long_step + width) break;
    const double after = step.beyond(x + width);
    grid[k] = (before - 2 * here + after) / width;
    before = here, here = after;
  }
  return grid;
}
}  // namespace

double expected_slowest_sum(const StepExcess& step, std::int64_t workers, std::int64_t steps) {
  const auto w = static_cast<double>(workers), h = static_cast<double>(steps);
  if (workers == 1 || !(step.variance > kAlike * step.mean * step.mean)) return h * step.mean;
  const Window window = window_of(step, w, h);
  const auto points = static_cast<double>(kPoints);
  double width = (window.high - window.low + window.room) / (points - 2);
  // A step that is either of two values is then exact.
  if (const double span = step.most - step.least; std::isfinite(span) && span > width)
    width = span / std::floor(span / width);
  std::vector<Complex> grid = masses(step, width, window.long_step);
  fourier(grid);
  // Forwards again: the sum comes out in reverse.
  for (Complex& value : grid) value = to_power(value, steps);
  fourier(grid);
  const double origin = h * step.least;
  const auto first = static_cast<std::int64_t>(std::floor((window.low - origin) / width));
  const auto count = static_cast<std::size_t>(std::ceil((window.high - window.low) / width)) + 1;
  double low = origin + static_cast<double>(first) * width, chance = 0, above = 0;
  for (std::size_t k = 0; k < std::min(count, kPoints); ++k) {
    const auto at = static_cast<std::size_t>(first + static_cast<std::int64_t>(k)) % kPoints;
    chance += grid[(kPoints - at) % kPoints].real() / points;
    above += 1 - std::pow(std::clamp(chance, 0.0, 1.0), w);
  }
  const double end = low + static_cast<double>(count) * width;
  return low + above * width + w * h * step.beyond(end - (h - 1) * step.mean);
}

StepExcess lognormal_excess(double sigma) {
  const auto normal_tail = [](double z) { return std::erfc(z / std::numbers::sqrt2) / 2; };
  const auto z_of = [sigma](double x) { return std::log(x) / sigma + sigma / 2; };
  // Fewer than one in 10^16 are below.
  const double least = std::exp(-sigma * sigma / 2 - 8.3 * sigma);
  StepExcess step{
      .mean = 1, .variance = std::expm1(sigma * sigma), .least = least, .beyond = {}, .tail = {}};
  step.tail = [=](double x) { return x > 0 ? normal_tail(z_of(x)) : 1; };
  step.beyond = [=](double x) {
    return x > 0 ? normal_tail(z_of(x) - sigma) - x * normal_tail(z_of(x)) : 1 - x;
  };
  return step;
}

StepExcess recorded_excess(std::vector<double> recorded) {
  std::sort(recorded.begin(), recorded.end());
  const auto n = static_cast<double>(recorded.size());
  StepExcess step{.least = recorded.front(), .most = recorded.back(), .beyond = {}, .tail = {}};
  std::vector<double> sum_from(recorded.size() + 1, 0);
  for (std::size_t i = recorded.size(); i-- > 0;) sum_from[i] = sum_from[i + 1] + recorded[i];
  step.mean = sum_from.front() / n;
  for (const double one : recorded) step.variance += (one - step.mean) * (one - step.mean) / n;
  step.beyond = [=, values = std::move(recorded)](double x) {
    const auto above = std::upper_bound(values.begin(), values.end(), x) - values.begin();
    const auto at = static_cast<std::size_t>(above);
    return (sum_from[at] - x * static_cast<double>(values.size() - at)) / n;
  };
  return step;
}

}  // namespace lockstep
