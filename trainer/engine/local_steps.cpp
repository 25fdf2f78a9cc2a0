#include "trainer/engine/local_steps.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "trainer/data/packed_pictures.hpp"
#include "trainer/engine/model_file.hpp"

namespace lockstep {

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
                       const RunConfig& config, const Course& course, Communicator& comm,
                       bool gradient_rows, const TensorFile* start)
    : model_(model),
      dataset_(dataset),
      sampler_(std::move(sampler)),
      schedule_(config, course),
      sgd_(config, model.parameters()),
      workers_(comm.workers()),
      seed_(config.integer("seed")),
      augmentation_(config.has("augmentation") ? config.text("augmentation") : "none"),
      double_precision_(scalar_type_of(config) == at::kDouble),
      bfloat16_(casts_to_bfloat16(config)),
      losses_(static_cast<std::size_t>(workers_.count)) {
  const auto type = scalar_type_of(config);
  const std::int64_t size = model.parameters().size();
  const std::int64_t hosted = workers_.count;
  rows_.parameters = comm.zeros(hosted, size, type);
  if (sgd_.has_momentum()) rows_.momentum = comm.zeros(hosted, size, type);
  rows_.buffers = comm.zeros(hosted, model.buffers().size(), type);
  rows_.gradients = gradient_rows ? comm.zeros(hosted, size, type) : at::zeros({1, size}, type);
  rows_.parameter_bytes =
      model.parameters().numel() * static_cast<std::int64_t>(rows_.parameters.element_size());
  rows_.buffer_bytes =
      model.buffers().numel() * static_cast<std::int64_t>(rows_.buffers.element_size());

  if (start) {
    fill_from(*start, model, rows_.parameters[0], rows_.buffers[0]);
  } else {
    initialise(model, seed_, rows_.parameters[0], rows_.buffers[0]);
  }
  rows_.parameters.copy_(rows_.parameters[0].clone().expand_as(rows_.parameters));
  rows_.buffers.copy_(rows_.buffers[0].clone().expand_as(rows_.buffers));
  bind();
  if (config.has("joint_batch") && config.text("joint_batch") == "on") bind_joint();
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

void LocalSteps::bind_joint() {
  joint_ = Weights{weights_.front().parameters, {}};
  for (const Slot& slot : model_.buffers().slots())
    joint_->buffers.push_back(model_.buffers().view_of_all(rows_.buffers, slot));
  // A process's first row has the mean gradient of its workers, the others stay zero. All processes
  // host equally many.
  for (std::int64_t worker = 0; worker < workers_.total; ++worker)
    rows_.gradient_weights.push_back(worker % workers_.count == 0 ? 1.0 : 0.0);
}

at::Tensor LocalSteps::gradient(std::int64_t hosted) const {
  return rows_.gradients[rows_.gradients.size(0) == 1 ? 0 : hosted];
}

Batch LocalSteps::training_batch(std::int64_t hosted, std::int64_t count, std::int64_t step) {
  const TimedScope data(seconds_.data);
  const auto samples = sampler_.batch(step, workers_.first + hosted, count);
  const auto crops = crops_of(samples, sampler_.epoch(step));
  return gather(dataset_, dataset_.train, samples, double_precision_, crops);
}

std::vector<Crop> LocalSteps::crops_of(std::span<const std::int64_t> samples,
                                       std::int64_t epoch) const {
  if (augmentation_ == "crop_flip") return draw_crops(samples, seed_, epoch);
  if (augmentation_ != "resized_crop_flip") return {};
  std::vector<PictureSize> sizes;
  for (const std::int64_t sample : samples) sizes.push_back(dataset_.train.packed->size_of(sample));
  return draw_resized_crops(samples, sizes, seed_, epoch);
}

double LocalSteps::backward(const Weights& weights, const Batch& batch) {
  const at::Tensor loss = model_.loss(weights, batch, {.training = true, .bfloat16 = bfloat16_});
  {
    const TimedScope backward(seconds_.backward);
    loss.backward();
  }
  return loss.item<double>();
}

void LocalSteps::compute_gradient(std::int64_t hosted, std::int64_t step) {
  const Batch batch = training_batch(hosted, 1, step);
  const TimedScope compute(seconds_.compute);
  gradient(hosted).zero_();
  losses_[static_cast<std::size_t>(hosted)] = backward(weights(hosted), batch);
}

void LocalSteps::compute_gradients(std::int64_t step) {
  if (!joint_) {
    for (std::int64_t hosted = 0; hosted < workers_.count; ++hosted) compute_gradient(hosted, step);
    return;
  }
  const Batch batch = training_batch(0, workers_.count, step);
  const TimedScope compute(seconds_.compute);
  gradient(0).zero_();
  std::fill(losses_.begin(), losses_.end(), backward(*joint_, batch));
}

void LocalSteps::update(std::int64_t hosted, std::int64_t step, const at::Tensor& gradient) {
  const TimedScope compute(seconds_.compute);
  at::Tensor parameters = rows_.parameters[hosted];
  at::Tensor momentum = sgd_.has_momentum() ? rows_.momentum[hosted] : at::Tensor();
  sgd_.step(parameters, momentum, gradient, schedule_.at(step));
}

}  // namespace lockstep
