// Which samples a worker sees at which step: a pure function of (seed, step, worker), the same for
// every algorithm and every number of processes, so that runs are paired.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "sweeps/run/course.hpp"

namespace lockstep {

/// Indices into the training samples: those trained on and those kept for validation, both rising.
struct Split {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> validation;
};

/// Of the first course.train_samples + course.validation_samples entries of `labels` (N, int64),
/// keeps course.validation_samples for validation: stratified by class (largest remainders), drawn
/// by `seed`.
Split stratified_split(const at::Tensor& labels, std::int64_t classes, const Course& course,
                       std::int64_t seed);

/// One permutation per epoch; worker w at step s of the epoch takes perm[(s W + w) B ... + B]; the
/// tail is dropped.
class Sampler {
 public:
  Sampler(std::vector<std::int64_t> samples, const Course& course, std::int64_t seed,
          std::int64_t workers, std::int64_t batch);

  /// Sample indices of local step `step` (1-based) of `worker`, or of `count` workers from it on.
  /// Valid until the next call.
  std::span<const std::int64_t> batch(std::int64_t step, std::int64_t worker,
                                      std::int64_t count = 1);
  /// The epoch, from 0, in which local step `step` lies.
  std::int64_t epoch(std::int64_t step) const { return (step - 1) / steps_per_epoch_; }

 private:
  void shuffle_for(std::int64_t epoch);

  std::vector<std::int64_t> samples_, order_;
  std::int64_t steps_per_epoch_, seed_, workers_, batch_;
  std::int64_t epoch_ = -1;
};

}  // namespace lockstep
