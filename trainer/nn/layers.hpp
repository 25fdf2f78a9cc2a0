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

/// Convolution with an odd kernel and padding kernel / 2: stride 1 keeps the picture's size.
class Conv {
 public:
  struct Shape {
    std::int64_t in, out;
    std::int64_t kernel = 3, stride = 1;
    bool bias = false;  ///< none before a BatchNorm, which would take it away again
  };
  Conv(FlatLayout& layout, const std::string& name, const Shape& shape);
  /// (B, in, H, W) -> (B, out, ceil(H/stride), ceil(W/stride))
  at::Tensor operator()(const Weights& weights, const at::Tensor& x) const;

 private:
  int weight_, bias_ = -1;
  std::int64_t stride_, padding_;
};

class BatchNorm {
 public:
  /// `scale`: where gamma starts; 0 silences a residual branch at first (Goyal et al. 2017, 5.1).
  BatchNorm(FlatLayout& parameters, FlatLayout& buffers, const std::string& name,
            std::int64_t channels, double scale = 1);
  /// Shape stays. In training normalises by the batch and moves the running statistics; where the
  /// buffers are those of several workers, each worker's part of the batch for itself.
  at::Tensor operator()(const Weights& weights, const at::Tensor& x, const Pass& pass) const;

 private:
  int scale_, shift_, mean_, variance_;
};

}  // namespace lockstep
