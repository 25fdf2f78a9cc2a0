// Made-up colour pictures of any size and number of classes, as bytes: for trying and timing models
// where the real ones are not at hand. A class is a coarse random pattern, a sample that pattern
// under noise.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "sweeps/run/run_id.hpp"
#include "trainer/data/dataset.hpp"
#include "trainer/data/files.hpp"
#include "trainer/data/random.hpp"

namespace lockstep {

namespace {
/// The data belong to the data set, not to a run: one fixed seed.
constexpr std::int64_t kDataSeed = 20211015;
constexpr std::int64_t kCells = 8;  ///< of a pattern, in each direction
constexpr double kGrey = 128;
constexpr double kContrast = 32;        ///< deviation of a pattern around grey
constexpr double kNoiseDeviation = 32;  ///< of noise 1, in pixel values

/// The pattern of a class: (channels, height, width), before noise.
std::vector<double> pattern_of(const DatasetRow& row, std::int64_t label) {
  const CounterRandom random(kDataSeed, Stream::synthetic_data, 2);
  std::vector<double> pattern;
  pattern.reserve(static_cast<std::size_t>(row.channels * row.height * row.width));
  for (std::int64_t c = 0; c < row.channels; ++c) {
    for (std::int64_t y = 0; y < row.height; ++y) {
      for (std::int64_t x = 0; x < row.width; ++x) {
        const std::int64_t cell =
            (c * kCells + y * kCells / row.height) * kCells + x * kCells / row.width;
        const auto counter = static_cast<std::uint64_t>((label << 16) + cell);
        pattern.push_back(kGrey + kContrast * (2 * random.uniform(counter) - 1) * std::sqrt(3.0));
      }
    }
  }
  return pattern;
}

/// Uniform noise: a byte of a hash each, so that a large picture costs a fraction of a millisecond.
void draw(const std::vector<double>& pattern, double noise, std::uint64_t sample,
          std::uint8_t* pixel) {
  const CounterRandom random(kDataSeed, Stream::synthetic_data, 3);
  const double step = noise * kNoiseDeviation * std::sqrt(12.0) / 256;
  std::uint64_t bits = 0;
  for (std::size_t p = 0; p < pattern.size(); ++p, bits >>= 8) {
    if (p % 8 == 0) bits = random.bits((sample << 24) + p / 8);
    const double value = pattern[p] + step * (static_cast<double>(bits & 255) - 127.5);
    pixel[p] = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
  }
}

Samples draw_all(const DatasetRow& row, double noise, std::int64_t count, std::int64_t offset) {
  Samples samples{at::empty({count, row.channels, row.height, row.width}, at::kByte),
                  at::empty({count}, at::kLong)};
  auto* pixel = samples.images.data_ptr<std::uint8_t>();
  const std::int64_t pixels = row.channels * row.height * row.width;
  // Class by class, as only one pattern at a time has to be kept.
  for (std::int64_t first = 0; first < std::min(count, row.classes); ++first) {
    const std::int64_t label = (offset + first) % row.classes;
    const auto pattern = pattern_of(row, label);
    for (std::int64_t i = first; i < count; i += row.classes) {
      samples.labels[i] = label;
      draw(pattern, noise, static_cast<std::uint64_t>(offset + i), pixel + i * pixels);
    }
  }
  return samples;
}
}  // namespace

Dataset make_synthetic_pictures(const DatasetRow& row, const RunConfig& config,
                                const std::filesystem::path&) {
  const double noise = config.real("noise");
  Dataset dataset;
  dataset.train = draw_all(row, noise, row.train_samples, 0);
  dataset.test = draw_all(row, noise, row.test_samples, row.train_samples);
  const at::Tensor& images = dataset.train.images;
  dataset.sha256["generated"] = sha256_hex(
      {static_cast<const char*>(images.data_ptr()), static_cast<std::size_t>(images.nbytes())});
  set_normalisation(dataset);
  return dataset;
}

}  // namespace lockstep
