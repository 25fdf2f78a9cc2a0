// From values to pixels, with ticks at round numbers.
#pragma once

#include <string>
#include <vector>

namespace lockstep {

struct Tick {
  double value = 0;
  std::string label;
};

/// A linear or logarithmic axis from `low` to `high`, mapped onto pixels from `from` to `to` (which
/// may fall).
struct Scale {
  double low = 0, high = 1;
  bool log = false;
  double from = 0, to = 1;
  std::vector<Tick> ticks;

  double operator()(double value) const;  ///< pixel; values outside are clamped to the ends
};

/// An axis of about `about` ticks over exactly [low, high].
Scale linear_scale(double low, double high, double from, double to, int about);
/// Ticks at round multiples of powers of ten, fewer where there would be many. low > 0.
Scale log_scale(double low, double high, double from, double to, int about);

/// For values that are not negative: from 0 to a little beyond the largest; around the values alone
/// where they lie near each other; logarithmic where they (all > 0) span more than a factor of 3.
Scale magnitude_scale(const std::vector<double>& values, double from, double to, int about);

}  // namespace lockstep
