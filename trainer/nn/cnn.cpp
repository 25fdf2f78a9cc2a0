#include <ATen/ATen.h>

#include "trainer/nn/layers.hpp"
#include "trainer/nn/models.hpp"

namespace lockstep {

namespace {
at::Tensor pool(const at::Tensor& x) { return at::max_pool2d(x, {2, 2}); }

class Cnn : public Model {
 public:
  Cnn(const DatasetRow& data, std::int64_t width)
      : conv1_(parameters_, "conv1", {.in = data.channels, .out = width, .bias = true}),
        conv2_(parameters_, "conv2", {.in = width, .out = 2 * width, .bias = true}),
        fc_(parameters_, "fc", 2 * width * (data.height / 4) * (data.width / 4), data.classes,
            Linear::Role::classifier) {}

  at::Tensor forward(const Weights& weights, const at::Tensor& images, const Pass&) const override {
    // Pooling before the ReLU gives the same values (both are monotone) with a quarter of the
    // ReLU's work.
    at::Tensor x = pool(conv1_(weights, images)).relu_();
    x = pool(conv2_(weights, x)).relu_();
    return fc_(weights, x.flatten(1));
  }

 private:
  Conv conv1_, conv2_;
  Linear fc_;
};
}  // namespace

std::unique_ptr<Model> make_cnn(const RunConfig& config, const DatasetRow& data) {
  return std::make_unique<Cnn>(data, config.integer("width"));
}

}  // namespace lockstep
