#include "trainer/data/dataset.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "trainer/data/packed_pictures.hpp"

namespace lockstep {

std::int64_t Samples::size() const { return labels.size(0); }

Samples Samples::first(std::int64_t count) const {
  count = std::min(count, size());
  return {packed ? images : images.narrow(0, 0, count), labels.narrow(0, 0, count), packed};
}

namespace {
/// The normalised values of the 256 pixels of each channel: looking them up is exact, and faster
/// than convert, subtract, divide.
template <typename Real>
using Table = std::vector<std::array<Real, 256>>;

template <typename Real>
Table<Real> table_of(const Dataset& dataset) {
  Table<Real> table(dataset.mean.size());
  for (std::size_t c = 0; c < table.size(); ++c) {
    for (std::size_t p = 0; p < 256; ++p) {
      table[c][p] = static_cast<Real>((static_cast<double>(p) / 255 - dataset.mean[c]) /
                                      dataset.deviation[c]);
    }
  }
  return table;
}

/// Size of one picture: planes of `height` rows of `width` bytes.
struct Extent {
  std::int64_t channels, height, width;
  std::int64_t plane() const { return height * width; }
};

/// A whole picture, planes to pixels.
template <typename Real>
void normalise(const std::uint8_t* image, const Extent& size, const Table<Real>& table, Real* out) {
  for (std::int64_t c = 0; c < size.channels; ++c) {
    const auto& values = table[static_cast<std::size_t>(c)];
    const std::uint8_t* plane = image + c * size.plane();
    for (std::int64_t p = 0; p < size.plane(); ++p) out[p * size.channels + c] = values[plane[p]];
  }
}

/// The part of a picture that `crop` sees.
template <typename Real>
void normalise(const std::uint8_t* image, const Extent& size, const Table<Real>& table,
               const Crop& crop, Real* out) {
  for (std::int64_t y = 0; y < size.height; ++y) {
    const std::int64_t row = y + crop.down;
    for (std::int64_t x = 0; x < size.width; ++x) {
      const std::int64_t column = (crop.mirrored ? size.width - 1 - x : x) + crop.right;
      const bool inside = row >= 0 && row < size.height && column >= 0 && column < size.width;
      for (std::int64_t c = 0; c < size.channels; ++c) {
        const std::uint8_t pixel =
            inside ? image[c * size.plane() + row * size.width + column] : std::uint8_t{0};
        *out++ = table[static_cast<std::size_t>(c)][pixel];
      }
    }
  }
}

template <typename Real>
at::Tensor normalised(const Dataset& dataset, const at::Tensor& images,
                      std::span<const std::int64_t> indices, std::span<const Crop> crops) {
  const Extent size{images.size(1), images.size(2), images.size(3)};
  const std::int64_t numel = size.channels * size.plane();
  const auto table = table_of<Real>(dataset);
  const at::Tensor batch =
      at::empty({static_cast<std::int64_t>(indices.size()), size.height, size.width, size.channels},
                c10::CppTypeToScalarType<Real>::value);
  auto* out = batch.data_ptr<Real>();
  for (std::size_t i = 0; i < indices.size(); ++i, out += numel) {
    const auto* image = images.data_ptr<std::uint8_t>() + indices[i] * numel;
    if (crops.empty()) {
      normalise(image, size, table, out);
    } else {
      normalise(image, size, table, crops[i], out);
    }
  }
  return batch.permute({0, 3, 1, 2});
}

/// The same of packed pictures, one after the other.
template <typename Real>
at::Tensor decoded(const Dataset& dataset, const PackedPictures& packed,
                   std::span<const std::int64_t> indices, std::span<const Crop> crops) {
  constexpr std::int64_t kChannels = 3;
  const PictureSize& size = packed.out();
  const auto table = table_of<Real>(dataset);
  const at::Tensor batch =
      at::empty({static_cast<std::int64_t>(indices.size()), size.height, size.width, kChannels},
                c10::CppTypeToScalarType<Real>::value);
  auto* out = batch.data_ptr<Real>();
  for (const std::int64_t index : indices) packed.prefetch(index);
  JpegDecoder decoder;
  DecodedRegion region;
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(size.height * size.width * kChannels));
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const Crop crop = crops.empty() ? centre_crop(packed.size_of(indices[i])) : crops[i];
    packed.read(indices[i], crop, decoder, region, pixels.data());
    for (std::size_t p = 0; p < pixels.size(); p += kChannels) {
      for (std::size_t c = 0; c < kChannels; ++c) *out++ = table[c][pixels[p + c]];
    }
  }
  return batch.permute({0, 3, 1, 2});
}
}  // namespace

Batch gather(const Dataset& dataset, const Samples& samples, std::span<const std::int64_t> indices,
             bool double_precision, std::span<const Crop> crops) {
  const auto count = static_cast<std::int64_t>(indices.size());
  const at::Tensor index =
      at::from_blob(const_cast<std::int64_t*>(indices.data()), {count}, at::kLong);
  Batch batch;
  batch.labels = samples.labels.index_select(0, index);
  if (samples.packed) {
    batch.images = double_precision ? decoded<double>(dataset, *samples.packed, indices, crops)
                                    : decoded<float>(dataset, *samples.packed, indices, crops);
    return batch;
  }
  if (samples.images.scalar_type() == at::kByte) {
    batch.images = double_precision ? normalised<double>(dataset, samples.images, indices, crops)
                                    : normalised<float>(dataset, samples.images, indices, crops);
    return batch;
  }
  batch.images =
      samples.images.index_select(0, index).to(double_precision ? at::kDouble : at::kFloat);
  if (batch.images.dim() == 4)
    batch.images = batch.images.contiguous(at::MemoryFormat::ChannelsLast);
  return batch;
}

}  // namespace lockstep
