// Where each tensor of a model lies in one flat row of numbers. Averaging, outer steps and
// checkpoints work on rows; only the forward pass sees tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lockstep {

/// What a tensor is for: decides whether weight decay reaches it (by kind, never by name).
enum class SlotKind { weight, bias, norm_scale, norm_shift, running_mean, running_variance };

/// Start values: normal with this mean and deviation; deviation 0 fills with the mean.
struct Start {
  double mean = 0;
  double deviation = 0;
};

struct Slot {
  std::string name;  ///< torchvision style: layer1.0.conv1.weight
  SlotKind kind = SlotKind::weight;
  std::vector<std::int64_t> shape;  ///< 4-D: (out, in, height, width), stored channels last
  std::int64_t offset = 0;          ///< elements from the start of the row
  std::int64_t numel = 0;
  Start start;
};

class FlatLayout {
 public:
  /// Appends a slot, aligned to 256 bytes of float32. Returns its index.
  int add(std::string name, SlotKind kind, std::vector<std::int64_t> shape, Start start = {});

  const std::vector<Slot>& slots() const { return slots_; }
  std::int64_t size() const { return size_; }    ///< elements of a row, padding included
  std::int64_t numel() const { return numel_; }  ///< elements that mean something

  /// The tensor of a slot as a view of `row` (size()), 4-D ones with channels-last strides. Shares
  /// storage.
  at::Tensor view(const at::Tensor& row, const Slot& slot) const;
  /// A slot of one dimension in all `rows` (rows, size()), as a view (rows, numel).
  at::Tensor view_of_all(const at::Tensor& rows, const Slot& slot) const;

 private:
  std::vector<Slot> slots_;
  std::int64_t size_ = 0;
  std::int64_t numel_ = 0;
};

}  // namespace lockstep
