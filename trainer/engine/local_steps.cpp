#include "trainer/engine/local_steps.hpp"

#include <ATen/ATen.h>

namespace lockstep {

at::ScalarType scalar_type_of(const RunConfig& config) {
  return config.text("precision") == "float64" ? at::kDouble : at::kFloat;
}

Weights view_weights(const Model& model, const at::Tensor& parameters, const at::Tensor& buffers) {
  Weights weights;
  for (const Slot& slot : model.parameters().slots()) {
    weights.parameters.push_back(model.parameters().view(parameters, slot));
  }
  for (const Slot& slot : model.buffers().slots()) {
    weights.buffers.push_back(model.buffers().view(buffers, slot));
  }
  return weights;
}

LocalSteps::LocalSteps(const Model& model, const Dataset& dataset, Sampler sampler,
                       const RunConfig& config, const Course& course, WorkerRange workers,
                       bool gradient_rows)
    : model_(model),
      dataset_(dataset),
      sampler_(std::move(sampler)),
      schedule_(config, course),
      sgd_(config, model.parameters()),
      workers_(workers),
      seed_(config.integer("seed")),
      augments_(config.has("augmentation") && config.text("augmentation") == "crop_flip"),
      double_precision_(scalar_type_of(config) == at::kDouble),
      losses_(static_cast<std::size_t>(workers.count)) {
  const auto type = scalar_type_of(config);
  const std::int64_t size = model.parameters().size();
  rows_.parameters = at::zeros({workers.count, size}, type);
  if (sgd_.has_momentum()) rows_.momentum = at::zeros({workers.count, size}, type);
  rows_.buffers = at::zeros({workers.count, model.buffers().size()}, type);
  rows_.gradients = at::zeros({gradient_rows ? workers.count : 1, size}, type);
  rows_.parameter_bytes =
      model.parameters().numel() * static_cast<std::int64_t>(rows_.parameters.element_size());
  rows_.buffer_bytes =
      model.buffers().numel() * static_cast<std::int64_t>(rows_.buffers.element_size());

  initialise(model, seed_, rows_.parameters[0], rows_.buffers[0]);
  rows_.parameters.copy_(rows_.parameters[0].clone().expand_as(rows_.parameters));
  rows_.buffers.copy_(rows_.buffers[0].clone().expand_as(rows_.buffers));
  bind();
}

void LocalSteps::bind() {
  for (std::int64_t hosted = 0; hosted < workers_.count; ++hosted) {
    Weights weights = view_weights(model_, rows_.parameters[hosted], rows_.buffers[hosted]);
    const Weights gradients = view_weights(model_, gradient(hosted), rows_.buffers[hosted]);
    for (std::size_t i = 0; i < weights.parameters.size(); ++i) {
      at::Tensor leaf = weights.parameters[i].detach();
      leaf.set_requires_grad(true);
      // Defined and of the same strides, so that backward adds into the row instead of replacing
      // the tensor.
      leaf.mutable_grad() = gradients.parameters[i];
      weights.parameters[i] = leaf;
    }
    weights_.push_back(std::move(weights));
  }
}

at::Tensor LocalSteps::gradient(std::int64_t hosted) const {
  return rows_.gradients[rows_.gradients.size(0) == 1 ? 0 : hosted];
}

Batch LocalSteps::training_batch(std::int64_t hosted, std::int64_t step) {
  const auto samples = sampler_.batch(step, workers_.first + hosted);
  std::vector<Crop> crops;
  if (augments_) crops = draw_crops(samples, seed_, sampler_.epoch(step));
  return gather(dataset_, dataset_.train, samples, double_precision_, crops);
}

void LocalSteps::compute_gradient(std::int64_t hosted, std::int64_t step) {
  Batch batch;
  {
    const TimedScope data(seconds_.data);
    batch = training_batch(hosted, step);
  }
  const TimedScope compute(seconds_.compute);
  gradient(hosted).zero_();
  const at::Tensor loss = model_.loss(weights(hosted), batch, {.training = true});
  {
    const TimedScope backward(seconds_.backward);
    loss.backward();
  }
  losses_[static_cast<std::size_t>(hosted)] = loss.item<double>();
}

void LocalSteps::update(std::int64_t hosted, std::int64_t step, const at::Tensor& gradient) {
  const TimedScope compute(seconds_.compute);
  at::Tensor parameters = rows_.parameters[hosted];
  at::Tensor momentum = sgd_.has_momentum() ? rows_.momentum[hosted] : at::Tensor();
  sgd_.step(parameters, momentum, gradient, schedule_.at(step));
}

}  // namespace lockstep
