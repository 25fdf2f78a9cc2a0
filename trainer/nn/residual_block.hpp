// The residual block of He et al. 2016: relu(branch(x) + shortcut(x)), where the branch is a chain
// of convolutions with BatchNorm. Basic and bottleneck blocks differ in the chain, ResNets for
// CIFAR and ImageNet in the shortcut.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trainer/nn/layers.hpp"

namespace lockstep {

/// Where the layers of a model go.
struct Layouts {
  FlatLayout& parameters;
  FlatLayout& buffers;
};

/// A convolution without bias, and its BatchNorm.
class ConvNorm {
 public:
  ConvNorm(Layouts layouts, const std::string& conv, const std::string& norm,
           const Conv::Shape& shape, double scale = 1);
  at::Tensor operator()(const Weights& weights, const at::Tensor& x, const Pass& pass) const {
    return norm_(weights, conv_(weights, x), pass);
  }

 private:
  Conv conv_;
  BatchNorm norm_;
};

/// What adds up with the branch where a block changes the size of its input.
enum class Shortcut {
  pad,     ///< option A of the paper: every second pixel, zeros for the new channels
  project  ///< option B: 1x1 convolution and BatchNorm, named downsample.0 and downsample.1
};

enum class BlockKind {
  basic,      ///< 3x3, 3x3
  bottleneck  ///< 1x1, 3x3, 1x1 to four times the channels; the stride is in the 3x3 (v1.5)
};

/// Channels that leave a block of `width` channels inside.
constexpr std::int64_t block_output(BlockKind kind, std::int64_t width) {
  return kind == BlockKind::bottleneck ? 4 * width : width;
}

class ResidualBlock {
 public:
  struct Shape {
    BlockKind kind;
    Shortcut shortcut;
    std::int64_t in, width, stride;
    double last_scale = 1;  ///< where the last gamma starts
  };
  /// Tensors are named as torchvision's: <name>.conv1.weight, <name>.bn1.running_mean, ...
  ResidualBlock(Layouts layouts, const std::string& name, const Shape& shape);
  /// (B, in, H, W) -> (B, block_output(kind, width), ceil(H/stride), ceil(W/stride))
  at::Tensor operator()(const Weights& weights, const at::Tensor& x, const Pass& pass) const;

 private:
  at::Tensor shortcut(const Weights& weights, const at::Tensor& x, const Pass& pass) const;

  std::vector<ConvNorm> branch_;
  std::optional<ConvNorm> projection_;
  std::int64_t out_, stride_;
};

}  // namespace lockstep
