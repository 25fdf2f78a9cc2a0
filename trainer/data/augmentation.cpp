#include "trainer/data/augmentation.hpp"

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

}  // namespace lockstep
