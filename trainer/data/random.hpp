// Counter-based randomness: every draw is a hash of (seed, stream, counter), so nothing has to be
// saved for a resume and nothing depends on who draws first. Not for secrets.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>

namespace lockstep {

/// What a draw is for. The numbers are part of what a seed means: never change one.
enum class Stream : std::uint64_t {
  initial_parameters = 1,
  epoch_order = 2,
  validation_split = 3,
  synthetic_data = 4,
  recalibration_order = 5,
  augmentation = 6,
  resized_crops = 7
};

/// SplitMix64's finaliser (Steele, Lea, Flood 2014): a bijection of 64 bits that mixes well.
inline std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

class CounterRandom {
 public:
  /// `index` tells apart the uses within a stream: an epoch, a slot.
  CounterRandom(std::int64_t seed, Stream stream, std::int64_t index = 0)
      : key_(mix(mix(mix(static_cast<std::uint64_t>(seed)) ^ static_cast<std::uint64_t>(stream)) ^
                 static_cast<std::uint64_t>(index))) {}

  std::uint64_t bits(std::uint64_t counter) const { return mix(key_ ^ mix(counter)); }
  /// In [0, 1), 53 bits.
  double uniform(std::uint64_t counter) const {
    return static_cast<double>(bits(counter) >> 11) * 0x1.0p-53;
  }
  /// Standard normal, Box-Muller.
  double normal(std::uint64_t counter) const {
    const double radius = std::sqrt(-2 * std::log(1 - uniform(2 * counter)));
    return radius * std::cos(2 * std::numbers::pi * uniform(2 * counter + 1));
  }
  /// In [0, bound), bound > 0; the bias of the multiplication is below 2^-32 for bounds below 2^32.
  std::int64_t below(std::uint64_t counter, std::int64_t bound) const {
    return static_cast<std::int64_t>(((bits(counter) >> 32) * static_cast<std::uint64_t>(bound)) >>
                                     32);
  }
  /// Fisher-Yates.
  void shuffle(std::span<std::int64_t> items) const {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1],
                items[static_cast<std::size_t>(below(i, static_cast<std::int64_t>(i)))]);
    }
  }

 private:
  std::uint64_t key_;
};

}  // namespace lockstep
