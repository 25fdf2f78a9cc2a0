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
    : weight_(layout.add(name + ".weight", SlotKind::weight, {out, in},
                         role == Role::classifier ? kClassifierDeviation : he_deviation(in))),
      bias_(layout.add(name + ".bias", SlotKind::bias, {out})) {}

at::Tensor Linear::operator()(const Weights& weights, const at::Tensor& x) const {
  return at::linear(x, at_slot(weights.parameters, weight_), at_slot(weights.parameters, bias_));
}

Conv3x3::Conv3x3(FlatLayout& layout, const std::string& name, std::int64_t in, std::int64_t out,
                 std::int64_t stride, bool bias)
    : weight_(
          layout.add(name + ".weight", SlotKind::weight, {out, in, 3, 3}, he_deviation(9 * in))),
      stride_(stride) {
  if (bias) bias_ = layout.add(name + ".bias", SlotKind::bias, {out});
}

at::Tensor Conv3x3::operator()(const Weights& weights, const at::Tensor& x) const {
  const auto bias = bias_ < 0 ? at::Tensor() : at_slot(weights.parameters, bias_);
  return at::conv2d(x, at_slot(weights.parameters, weight_), bias, stride_, /*padding=*/1);
}

BatchNorm::BatchNorm(FlatLayout& parameters, FlatLayout& buffers, const std::string& name,
                     std::int64_t channels)
    : scale_(parameters.add(name + ".weight", SlotKind::norm_scale, {channels})),
      shift_(parameters.add(name + ".bias", SlotKind::norm_shift, {channels})),
      mean_(buffers.add(name + ".running_mean", SlotKind::running_mean, {channels})),
      variance_(buffers.add(name + ".running_var", SlotKind::running_variance, {channels})) {}

at::Tensor BatchNorm::operator()(const Weights& weights, const at::Tensor& x,
                                 const Pass& pass) const {
  return at::batch_norm(x, at_slot(weights.parameters, scale_), at_slot(weights.parameters, shift_),
                        at_slot(weights.buffers, mean_), at_slot(weights.buffers, variance_),
                        pass.training, pass.bn_momentum, kBatchNormEpsilon, /*cudnn_enabled=*/true);
}

}  // namespace lockstep
