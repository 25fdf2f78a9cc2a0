// Resizing, rows first and then columns, with weights that are found once per picture.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "trainer/data/jpeg.hpp"

namespace lockstep {

namespace {
/// Four floats that the compiler keeps in one register: the channels of a pixel.
using Pixel = float __attribute__((vector_size(16)));
using PixelInt = std::int32_t __attribute__((vector_size(16)));

/// Weights of a row add up to this: a sum of bytes under them fits 16 bits, and loses half a
/// brightness of 255 at most.
constexpr int kOne = 256;

/// Which source pixels make each output pixel, and with what weights: equally many for all, so that
/// a loop over them has a length that the compiler knows.
struct Filter {
  std::int64_t count = 1;
  std::vector<std::int64_t> first;  ///< per output pixel
  std::vector<float> weights;       ///< `count` per output pixel

  /// Output pixels 0 ... out-1 of a window [begin, begin + size) of `limit` source pixels.
  Filter(double begin, double size, std::int64_t out, std::int64_t limit) {
    const double scale = size / static_cast<double>(out);
    const double support = std::max(1.0, scale);
    count = std::min(limit, static_cast<std::int64_t>(std::ceil(2 * support)));
    for (std::int64_t i = 0; i < out; ++i) {
      const double centre = begin + (static_cast<double>(i) + 0.5) * scale;
      const auto low = static_cast<std::int64_t>(std::floor(centre - support + 0.5));
      first.push_back(std::clamp<std::int64_t>(low, 0, limit - count));
      add_weights(first.back(), centre, support);
    }
  }

 private:
  void add_weights(std::int64_t from, double centre, double support) {
    const std::size_t start = weights.size();
    double sum = 0;
    for (std::int64_t k = from; k < from + count; ++k) {
      const double distance = std::abs(static_cast<double>(k) + 0.5 - centre) / support;
      weights.push_back(static_cast<float>(std::max(1e-6, 1 - distance)));  // never all zero
      sum += weights.back();
    }
    for (std::size_t k = start; k < weights.size(); ++k)
      weights[k] = static_cast<float>(weights[k] / sum);
  }
};

/// The weights of output row `y` in units of 1/kOne; what rounding leaves goes to the heaviest.
void in_units(const Filter& rows, std::size_t y, std::vector<std::uint16_t>& units) {
  units.clear();
  const auto count = static_cast<std::size_t>(rows.count);
  int left = kOne;
  for (std::size_t k = 0; k < count; ++k) {
    units.push_back(static_cast<std::uint16_t>(std::lround(rows.weights[y * count + k] * kOne)));
    left -= units.back();
  }
  auto& heaviest = *std::max_element(units.begin(), units.end());
  heaviest = static_cast<std::uint16_t>(heaviest + left);
}

/// One output row of the columns of `region`, still at their full number.
void mix_rows(const DecodedRegion& region, std::int64_t first,
              const std::vector<std::uint16_t>& units, std::vector<std::uint16_t>& sums,
              std::vector<float>& mixed) {
  const auto stride = static_cast<std::size_t>(region.width * 4);
  std::uint16_t* __restrict__ const to = sums.data();
  const std::uint8_t* __restrict__ row =
      region.pixels.data() + static_cast<std::size_t>(first) * stride;
  for (std::size_t i = 0; i < stride; ++i) to[i] = static_cast<std::uint16_t>(units[0] * row[i]);
  for (std::size_t k = 1; k < units.size(); ++k) {
    row += stride;
    const std::uint16_t unit = units[k];
    for (std::size_t i = 0; i < stride; ++i)
      to[i] = static_cast<std::uint16_t>(to[i] + unit * row[i]);
  }
  float* __restrict__ const out = mixed.data();
  for (std::size_t i = 0; i < stride; ++i) out[i] = static_cast<float>(to[i]);
}

/// One row of bytes from mixed columns; `Count` taps, or as many as the filter has where it is 0.
template <std::int64_t Count>
void mix_columns(const std::vector<float>& mixed, const Filter& columns, bool mirrored,
                 std::uint8_t* to) {
  const std::int64_t count = Count > 0 ? Count : columns.count;
  const auto out = static_cast<std::int64_t>(columns.first.size());
  for (std::int64_t i = 0; i < out; ++i, to += 3) {
    const std::int64_t x = mirrored ? out - 1 - i : i;
    const float* weight = columns.weights.data() + x * count;
    const float* from = mixed.data() + 4 * columns.first[static_cast<std::size_t>(x)];
    Pixel sum{0.5f, 0.5f, 0.5f, 0.5f};  // to round
    for (std::int64_t k = 0; k < count; ++k) {
      Pixel pixel;
      std::memcpy(&pixel, from + 4 * k, sizeof pixel);
      sum += weight[k] * pixel;
    }
    // Weights are positive and add up to 1: no value leaves the range of a byte.
    const PixelInt whole = __builtin_convertvector(sum, PixelInt);
    to[0] = static_cast<std::uint8_t>(whole[0]);
    to[1] = static_cast<std::uint8_t>(whole[1]);
    to[2] = static_cast<std::uint8_t>(whole[2]);
  }
}

using MixColumns = void (*)(const std::vector<float>&, const Filter&, bool, std::uint8_t*);

MixColumns columns_mixer(std::int64_t count) {
  constexpr MixColumns kMixers[] = {mix_columns<0>, mix_columns<1>, mix_columns<2>, mix_columns<3>,
                                    mix_columns<4>};
  return count < 5 ? kMixers[count] : kMixers[0];
}
}  // namespace

void resample(const DecodedRegion& region, const PictureSize& out, bool mirrored,
              std::uint8_t* pixels) {
  const Filter rows(region.top, region.window_height, out.height, region.height);
  Filter columns(region.left, region.window_width, out.width, region.width);
  for (float& weight : columns.weights) weight /= kOne;
  const MixColumns mix = columns_mixer(columns.count);
  const auto stride = static_cast<std::size_t>(region.width * 4);
  std::vector<std::uint16_t> units, sums(stride);
  std::vector<float> mixed(stride);
  for (std::int64_t y = 0; y < out.height; ++y) {
    in_units(rows, static_cast<std::size_t>(y), units);
    mix_rows(region, rows.first[static_cast<std::size_t>(y)], units, sums, mixed);
    mix(mixed, columns, mirrored, pixels + 3 * y * out.width);
  }
}

}  // namespace lockstep
