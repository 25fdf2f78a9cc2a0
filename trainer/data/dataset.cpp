#include "trainer/data/dataset.hpp"

#include <array>

namespace lockstep {

std::int64_t Samples::size() const { return labels.size(0); }

namespace {
/// Looks each pixel up in a table of the 256 normalised values: exact, and faster than convert,
/// subtract, divide.
template <typename Real>
void normalise(const at::Tensor& images, std::span<const std::int64_t> indices, double mean,
               double deviation, at::Tensor& out) {
  std::array<Real, 256> table;
  for (std::size_t p = 0; p < table.size(); ++p) {
    table[p] = static_cast<Real>((static_cast<double>(p) / 255 - mean) / deviation);
  }
  const std::int64_t pixels = images.numel() / images.size(0);
  const auto* source = images.data_ptr<std::uint8_t>();
  auto* target = out.data_ptr<Real>();
  for (const std::int64_t index : indices) {
    const auto* image = source + index * pixels;
    for (std::int64_t p = 0; p < pixels; ++p) *target++ = table[image[p]];
  }
}
}  // namespace

Batch gather(const Dataset& dataset, const Samples& samples, std::span<const std::int64_t> indices,
             bool double_precision) {
  const auto type = double_precision ? at::kDouble : at::kFloat;
  const auto count = static_cast<std::int64_t>(indices.size());
  const at::Tensor index =
      at::from_blob(const_cast<std::int64_t*>(indices.data()), {count}, at::kLong);
  Batch batch;
  batch.labels = samples.labels.index_select(0, index);
  if (samples.images.scalar_type() == at::kByte) {
    auto shape = samples.images.sizes().vec();
    shape[0] = count;
    batch.images = at::empty(shape, type);
    if (double_precision) {
      normalise<double>(samples.images, indices, dataset.mean, dataset.deviation, batch.images);
    } else {
      normalise<float>(samples.images, indices, dataset.mean, dataset.deviation, batch.images);
    }
  } else {
    batch.images = samples.images.index_select(0, index).to(type);
  }
  if (batch.images.dim() == 4)
    batch.images = batch.images.contiguous(at::MemoryFormat::ChannelsLast);
  return batch;
}

}  // namespace lockstep
