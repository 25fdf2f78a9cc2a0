// The CIFAR ResNet of He et al. 2016, section 4.2, with one basic block per stage: 6 n + 2 layers,
// n = 1.
#include <ATen/ATen.h>

#include "trainer/nn/layers.hpp"
#include "trainer/nn/models.hpp"

namespace lockstep {

namespace {
/// Option A: where a block halves the picture and doubles the channels, the shortcut takes every
/// second pixel and fills the new channels with zeros.
at::Tensor shortcut(const at::Tensor& x, std::int64_t channels) {
  if (x.size(1) == channels) return x;
  const at::Tensor half = x.slice(2, 0, x.size(2), 2).slice(3, 0, x.size(3), 2);
  return at::constant_pad_nd(half, {0, 0, 0, 0, 0, channels - x.size(1)});
}

class BasicBlock {
 public:
  BasicBlock(FlatLayout& parameters, FlatLayout& buffers, const std::string& name, std::int64_t in,
             std::int64_t out)
      : conv1_(parameters, name + ".conv1", in, out, in == out ? 1 : 2, false),
        bn1_(parameters, buffers, name + ".bn1", out),
        conv2_(parameters, name + ".conv2", out, out, 1, false),
        bn2_(parameters, buffers, name + ".bn2", out),
        channels_(out) {}

  at::Tensor operator()(const Weights& weights, const at::Tensor& x, const Pass& pass) const {
    const at::Tensor inner = at::relu(bn1_(weights, conv1_(weights, x), pass));
    return at::relu(bn2_(weights, conv2_(weights, inner), pass) + shortcut(x, channels_));
  }

 private:
  Conv3x3 conv1_;
  BatchNorm bn1_;
  Conv3x3 conv2_;
  BatchNorm bn2_;
  std::int64_t channels_;
};

class ResNet8 : public Model {
 public:
  ResNet8(const DatasetRow& data, std::int64_t width)
      : conv1_(parameters_, "conv1", data.channels, width, 1, false),
        bn1_(parameters_, buffers_, "bn1", width),
        layer1_(parameters_, buffers_, "layer1.0", width, width),
        layer2_(parameters_, buffers_, "layer2.0", width, 2 * width),
        layer3_(parameters_, buffers_, "layer3.0", 2 * width, 4 * width),
        fc_(parameters_, "fc", 4 * width, data.classes, Linear::Role::classifier) {}

  at::Tensor forward(const Weights& weights, const at::Tensor& images,
                     const Pass& pass) const override {
    at::Tensor x = at::relu(bn1_(weights, conv1_(weights, images), pass));
    x = layer3_(weights, layer2_(weights, layer1_(weights, x, pass), pass), pass);
    return fc_(weights, x.mean({2, 3}));
  }

 private:
  Conv3x3 conv1_;
  BatchNorm bn1_;
  BasicBlock layer1_, layer2_, layer3_;
  Linear fc_;
};
}  // namespace

std::unique_ptr<Model> make_resnet8(const RunConfig& config, const DatasetRow& data) {
  return std::make_unique<ResNet8>(data, config.integer("width"));
}

}  // namespace lockstep
