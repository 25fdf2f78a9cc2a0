#include "trainer/nn/layers.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace lockstep {

namespace {
constexpr double kClassifierDeviation = 0.01;
constexpr double kBatchNormEpsilon = 1e-5;  ///< torch.nn.BatchNorm2d

/// He et al. 2015: keeps the variance through a ReLU.
double he_deviation(std::int64_t fan_in) { return std::sqrt(2.0 / static_cast<double>(fan_in)); }

const at::Tensor& at_slot(const std::vector<at::Tensor>& tensors, int slot) {
  return tensors[static_cast<std::size_t>(slot)];
}
}  // namespace

Linear::Linear(FlatLayout& layout, const std::string& name, std::int64_t in, std::int64_t out,
               Role role)
    : weight_(layout.add(
          name + ".weight", SlotKind::weight, {out, in},
          {.deviation = role == Role::classifier ? kClassifierDeviation : he_deviation(in)})),
      bias_(layout.add(name + ".bias", SlotKind::bias, {out})) {}

at::Tensor Linear::operator()(const Weights& weights, const at::Tensor& x) const {
  return at::linear(x, at_slot(weights.parameters, weight_), at_slot(weights.parameters, bias_));
}

Conv::Conv(FlatLayout& layout, const std::string& name, const Shape& shape)
    : weight_(layout.add(name + ".weight", SlotKind::weight,
                         {shape.out, shape.in, shape.kernel, shape.kernel},
                         {.deviation = he_deviation(shape.kernel * shape.kernel * shape.in)})),
      stride_(shape.stride),
      padding_(shape.kernel / 2) {
  if (shape.bias) bias_ = layout.add(name + ".bias", SlotKind::bias, {shape.out});
}

at::Tensor Conv::operator()(const Weights& weights, const at::Tensor& x) const {
  const auto bias = bias_ < 0 ? at::Tensor() : at_slot(weights.parameters, bias_);
  return at::conv2d(x, at_slot(weights.parameters, weight_), bias, stride_, padding_);
}

BatchNorm::BatchNorm(FlatLayout& parameters, FlatLayout& buffers, const std::string& name,
                     std::int64_t channels, double scale)
    : scale_(parameters.add(name + ".weight", SlotKind::norm_scale, {channels}, {.mean = scale})),
      shift_(parameters.add(name + ".bias", SlotKind::norm_shift, {channels})),
      mean_(buffers.add(name + ".running_mean", SlotKind::running_mean, {channels})),
      variance_(buffers.add(name + ".running_var", SlotKind::running_variance, {channels},
                            {.mean = 1})) {}

at::Tensor BatchNorm::operator()(const Weights& weights, const at::Tensor& x,
                                 const Pass& pass) const {
  const auto normalised = [&](const at::Tensor& part, const at::Tensor& mean,
                              const at::Tensor& variance) {
    return at::batch_norm(part, at_slot(weights.parameters, scale_),
                          at_slot(weights.parameters, shift_), mean, variance, pass.training,
                          pass.bn_momentum, kBatchNormEpsilon, /*cudnn_enabled=*/true);
  };
  const at::Tensor& mean = at_slot(weights.buffers, mean_);
  const at::Tensor& variance = at_slot(weights.buffers, variance_);
  if (mean.dim() == 1) return normalised(x, mean, variance);
  std::vector<at::Tensor> parts = x.chunk(mean.size(0));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto worker = static_cast<std::int64_t>(i);
    parts[i] = normalised(parts[i], mean.select(0, worker), variance.select(0, worker));
  }
  return at::cat(parts);
}

}  // namespace lockstep
