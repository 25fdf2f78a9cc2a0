// SGD on a flat row in one pass: torch.optim.SGD's rule with coupled weight decay.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "sweeps/run/run_config.hpp"
#include "trainer/nn/flat_layout.hpp"

namespace lockstep {

/// g := g + wd x; m := mu m + g; x := x - lr (m, or g + mu m with Nesterov). A buffer of zeros
/// makes the first step m = g, as torch has it.
class Sgd {
 public:
  /// Weight decay reaches weights, and biases and normalisation only if decay_norm_and_bias.
  Sgd(const RunConfig& config, const FlatLayout& layout);

  /// All three rows (layout.size()), same type, contiguous; `parameters` and `momentum` change in
  /// place. `momentum` may be undefined where the momentum is 0. Padding stays zero.
  void step(at::Tensor& parameters, at::Tensor& momentum, const at::Tensor& gradient,
            double lr) const;

  bool has_momentum() const { return momentum_ != 0; }

 private:
  struct Segment {
    std::int64_t first = 0, count = 0;
    double weight_decay = 0;
  };
  std::vector<Segment> segments_;  ///< neighbours with equal decay are one
  double momentum_ = 0;
  bool nesterov_ = false;
};

}  // namespace lockstep
