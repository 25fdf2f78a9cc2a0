// Layers as plain values: they remember the indices of their slots and apply ATen operations to a
// worker's tensors.
#pragma once

#include <string>

#include "trainer/nn/model.hpp"

namespace lockstep {

class Linear {
 public:
  /// hidden: followed by a ReLU; classifier: the last layer, whose start values are small (Goyal et
  /// al. 2017: 0.01), so that the first loss is that of guessing.
  enum class Role { hidden, classifier };
  Linear(FlatLayout& layout, const std::string& name, std::int64_t in, std::int64_t out, Role role);
  /// (B, in) -> (B, out)
  at::Tensor operator()(const Weights& weights, const at::Tensor& x) const;

 private:
  int weight_, bias_;
};

/// 3x3 convolution with padding 1; with or without bias (none before a BatchNorm).
class Conv3x3 {
 public:
  Conv3x3(FlatLayout& layout, const std::string& name, std::int64_t in, std::int64_t out,
          std::int64_t stride, bool bias);
  /// (B, in, H, W) -> (B, out, H/stride, W/stride)
  at::Tensor operator()(const Weights& weights, const at::Tensor& x) const;

 private:
  int weight_, bias_ = -1;
  std::int64_t stride_;
};

class BatchNorm {
 public:
  BatchNorm(FlatLayout& parameters, FlatLayout& buffers, const std::string& name,
            std::int64_t channels);
  /// Shape stays. In training normalises by the batch and moves the running statistics.
  at::Tensor operator()(const Weights& weights, const at::Tensor& x, const Pass& pass) const;

 private:
  int scale_, shift_, mean_, variance_;
};

}  // namespace lockstep
