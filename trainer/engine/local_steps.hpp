// Local steps of the workers that a process hosts. Each worker's tensors are views of its rows, so
// loading a worker means picking its views: nothing is copied.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trainer/comm/communicator.hpp"
#include "trainer/data/sampler.hpp"
#include "trainer/engine/precision.hpp"
#include "trainer/engine/safetensors.hpp"
#include "trainer/engine/stopwatch.hpp"
#include "trainer/nn/model.hpp"
#include "trainer/optim/lr_schedule.hpp"
#include "trainer/optim/sgd.hpp"
#include "trainer/sync/worker_rows.hpp"

namespace lockstep {

class LocalSteps {
 public:
  /// `gradient_rows`: whether each worker keeps a gradient of its own. Fills `rows` with the common
  /// start: `start` where there is one, else that of seed config.seed. Takes the workers of `comm`,
  /// and its memory for what is sent; `comm`, `model` and `dataset` must outlive it. Collective.
  LocalSteps(const Model& model, const Dataset& dataset, Sampler sampler, const RunConfig& config,
             const Course& course, Communicator& comm, bool gradient_rows,
             const TensorFile* start = nullptr);

  /// Loss and gradient of hosted worker `hosted` at local step `step`; the gradient lands in its
  /// row.
  void compute_gradient(std::int64_t hosted, std::int64_t step);
  /// Gradients of all hosted workers at step `step`, before which they hold equal parameters. With
  /// joint_batch by one pass over the batches of all: their mean gradient lands in the row of the
  /// first one, which then counts for all of them, and their mean loss in each of losses().
  void compute_gradients(std::int64_t step);
  /// One optimizer step of a hosted worker with `gradient` (n).
  void update(std::int64_t hosted, std::int64_t step, const at::Tensor& gradient);
  /// The gradient row that compute_gradient fills for a hosted worker.
  at::Tensor gradient(std::int64_t hosted) const;

  WorkerRows& rows() { return rows_; }
  const Weights& weights(std::int64_t hosted) const {
    return weights_[static_cast<std::size_t>(hosted)];
  }
  std::int64_t hosted() const { return workers_.count; }
  /// Batch loss of the newest step of each hosted worker.
  const std::vector<double>& losses() const { return losses_; }
  double lr(std::int64_t step) const { return schedule_.at(step); }
  StepSeconds& seconds() { return seconds_; }

 private:
  void bind();
  void bind_joint();
  Batch training_batch(std::int64_t hosted, std::int64_t count, std::int64_t step);
  /// What training sees of these samples; none: as they are.
  std::vector<Crop> crops_of(std::span<const std::int64_t> samples, std::int64_t epoch) const;
  double backward(const Weights& weights, const Batch& batch);

  const Model& model_;
  const Dataset& dataset_;
  Sampler sampler_;
  LrSchedule schedule_;
  Sgd sgd_;
  WorkerRange workers_;
  std::int64_t seed_;
  std::string augmentation_;
  bool double_precision_, bfloat16_;
  WorkerRows rows_;
  std::vector<Weights>
      weights_;  ///< per hosted worker: leaves whose gradients are views of the gradient row
  std::optional<Weights> joint_;  ///< of all hosted workers in one pass; only with joint_batch
  std::vector<double> losses_;
  StepSeconds seconds_;
};

/// Views of one row of parameters and one of buffers; leaves that need no gradient.
Weights view_weights(const Model& model, const at::Tensor& parameters, const at::Tensor& buffers);

}  // namespace lockstep
