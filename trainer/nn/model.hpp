// A model is a layout of tensors and a pure forward pass over them: it owns no numbers, so one
// model serves any number of workers. A new model is one row of the table in sweeps/run, one file
// pair here and one line in the registry.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "sweeps/run/tables.hpp"
#include "trainer/data/dataset.hpp"
#include "trainer/nn/flat_layout.hpp"

namespace lockstep {

/// The tensors of one worker, views of its rows, in the order of the layouts.
struct Weights {
  std::vector<at::Tensor> parameters;
  /// With one dimension more: those of several workers, row by row, who share the parameters. A
  /// batch is then that of all of them, one after the other, and each has statistics of its own.
  std::vector<at::Tensor> buffers;
};

/// How to pass through the model.
struct Pass {
  bool training = false;
  /// Weight of the batch in BatchNorm's running statistics (torch convention).
  double bn_momentum = 0.1;
  bool bfloat16 = false;  ///< matrix products and convolutions in bfloat16
};

class Model {
 public:
  virtual ~Model() = default;

  const FlatLayout& parameters() const { return parameters_; }
  const FlatLayout& buffers() const { return buffers_; }

  /// images (B, C, H, W) -> logits (B, classes). With pass.training, BatchNorm statistics in
  /// `weights` move on.
  virtual at::Tensor forward(const Weights& weights, const at::Tensor& images,
                             const Pass& pass) const = 0;
  /// forward() in the pass's precision; logits are of the parameters' type.
  at::Tensor logits(const Weights& weights, const at::Tensor& images, const Pass& pass) const;
  /// Mean loss of a batch, a scalar that backward() starts from. Cross-entropy unless a model says
  /// otherwise.
  virtual at::Tensor loss(const Weights& weights, const Batch& batch, const Pass& pass) const;

 protected:
  FlatLayout parameters_;
  FlatLayout buffers_;
};

/// Fills one row of parameters (parameters().size()) and one of buffers with start values, by
/// `seed`.
void initialise(const Model& model, std::int64_t seed, at::Tensor parameters, at::Tensor buffers);

}  // namespace lockstep
