#include "trainer/nn/flat_layout.hpp"

namespace lockstep {

namespace {
constexpr std::int64_t kAlignment =
    64;  ///< elements: 256 bytes of float32, so vector loads never straddle
}

int FlatLayout::add(std::string name, SlotKind kind, std::vector<std::int64_t> shape, Start start) {
  std::int64_t numel = 1;
  for (const std::int64_t extent : shape) numel *= extent;
  slots_.push_back({std::move(name), kind, std::move(shape), size_, numel, start});
  size_ += (numel + kAlignment - 1) / kAlignment * kAlignment;
  numel_ += numel;
  return static_cast<int>(slots_.size()) - 1;
}

at::Tensor FlatLayout::view(const at::Tensor& row, const Slot& slot) const {
  const auto& shape = slot.shape;
  const std::int64_t offset = row.storage_offset() + slot.offset;
  if (shape.size() == 4) {
    const std::int64_t in = shape[1], height = shape[2], width = shape[3];
    return row.as_strided(shape, {in * height * width, 1, width * in, in}, offset);
  }
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i > 1; --i) strides[i - 2] = strides[i - 1] * shape[i - 1];
  return row.as_strided(shape, strides, offset);
}

at::Tensor FlatLayout::view_of_all(const at::Tensor& rows, const Slot& slot) const {
  return rows.narrow(1, slot.offset, slot.numel);
}

}  // namespace lockstep
