#include "trainer/data/augmentation.hpp"

#include <algorithm>
#include <cmath>

#include "trainer/data/random.hpp"

namespace lockstep {

std::vector<Crop> draw_crops(std::span<const std::int64_t> samples, std::int64_t seed,
                             std::int64_t epoch) {
  const CounterRandom random(seed, Stream::augmentation, epoch);
  std::vector<Crop> crops;
  crops.reserve(samples.size());
  for (const std::int64_t sample : samples) {
    const auto counter = 3 * static_cast<std::uint64_t>(sample);
    const auto shift = [&](std::uint64_t draw) {
      return random.below(counter + draw, 2 * kCropPadding + 1) - kCropPadding;
    };
    crops.push_back({shift(0), shift(1), random.below(counter + 2, 2) == 1});
  }
  return crops;
}

namespace {
constexpr double kLeastArea = 0.08;       // of a resized crop, as a share of the picture's
constexpr double kWidestRatio = 4.0 / 3;  // of its sides; the narrowest is the inverse
constexpr std::uint64_t kTries = 10;
constexpr std::uint64_t kDraws = 32;  // counters of one sample: two a try, then place and mirror

Crop in_the_middle(const PictureSize& size, const PictureSize& window, bool mirrored) {
  return {(size.height - window.height) / 2, (size.width - window.width) / 2, mirrored, window};
}

/// The largest window whose ratio is allowed.
PictureSize largest_window(const PictureSize& size) {
  const auto at_most = [](std::int64_t side, std::int64_t other) {
    return std::clamp<std::int64_t>(std::llround(kWidestRatio * static_cast<double>(other)), 1,
                                    side);
  };
  return {at_most(size.height, size.width), at_most(size.width, size.height)};
}

Crop resized_crop(const CounterRandom& random, std::uint64_t counter, const PictureSize& size) {
  const double area = static_cast<double>(size.height * size.width);
  const bool mirrored = random.below(counter + 2 * kTries + 2, 2) == 1;
  for (std::uint64_t i = 0; i < kTries; ++i) {
    const double share = kLeastArea + (1 - kLeastArea) * random.uniform(counter + 2 * i);
    // Uniform in the logarithm: as often twice as wide as twice as high.
    const double ratio = std::pow(kWidestRatio, 2 * random.uniform(counter + 2 * i + 1) - 1);
    const PictureSize window{std::llround(std::sqrt(share * area / ratio)),
                             std::llround(std::sqrt(share * area * ratio))};
    if (window.height < 1 || window.height > size.height) continue;
    if (window.width < 1 || window.width > size.width) continue;
    return {random.below(counter + 2 * kTries, size.height - window.height + 1),
            random.below(counter + 2 * kTries + 1, size.width - window.width + 1), mirrored,
            window};
  }
  return in_the_middle(size, largest_window(size), mirrored);
}
}  // namespace

std::vector<Crop> draw_resized_crops(std::span<const std::int64_t> samples,
                                     std::span<const PictureSize> sizes, std::int64_t seed,
                                     std::int64_t epoch) {
  const CounterRandom random(seed, Stream::resized_crops, epoch);
  std::vector<Crop> crops;
  crops.reserve(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    crops.push_back(
        resized_crop(random, kDraws * static_cast<std::uint64_t>(samples[i]), sizes[i]));
  }
  return crops;
}

Crop centre_crop(const PictureSize& size) {
  const double shorter = static_cast<double>(std::min(size.height, size.width));
  const std::int64_t side = std::max<std::int64_t>(1, std::llround(shorter * 224 / 256));
  return in_the_middle(size, {side, side}, false);
}

}  // namespace lockstep
