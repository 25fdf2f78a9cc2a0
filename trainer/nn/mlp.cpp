#include <ATen/ATen.h>

#include "trainer/nn/layers.hpp"
#include "trainer/nn/models.hpp"

namespace lockstep {

namespace {
class Mlp : public Model {
 public:
  Mlp(std::int64_t inputs, std::int64_t hidden, std::int64_t classes)
      : fc1_(parameters_, "fc1", inputs, hidden, Linear::Role::hidden),
        fc2_(parameters_, "fc2", hidden, classes, Linear::Role::classifier) {}

  at::Tensor forward(const Weights& weights, const at::Tensor& images, const Pass&) const override {
    return fc2_(weights, fc1_(weights, images.flatten(1)).relu_());
  }

 private:
  Linear fc1_, fc2_;
};
}  // namespace

std::unique_ptr<Model> make_mlp(const RunConfig& config, const DatasetRow& data) {
  return std::make_unique<Mlp>(data.channels * data.height * data.width, config.integer("hidden"),
                               data.classes);
}

}  // namespace lockstep
