// What follows from a configuration by arithmetic: how many samples, steps and syncs a run has.
// Shared by the spec checks, the trainer and the reports, so that they cannot disagree.
#pragma once

#include <cstdint>

#include "sweeps/run/run_config.hpp"

namespace lockstep {

struct Course {
  std::int64_t train_samples = 0;       ///< after the validation split
  std::int64_t validation_samples = 0;  ///< 10 % of the training set, rounded to nearest
  std::int64_t steps_per_epoch = 0;     ///< floor(train_samples / (W x batch)); the tail is dropped
  std::int64_t dropped_samples = 0;     ///< training samples per epoch that no step uses
  std::int64_t total_steps = 0;         ///< T
  std::int64_t warmup_steps = 0;
  std::int64_t switch_step = 0;  ///< last step of the synchronous phase; 0 where there is none
  double peak_lr = 0;            ///< lr after lr_scaling
};

/// Share of the training set that is kept for validation.
inline constexpr double kValidationShare = 0.1;

/// `config` is resolved; its data set must be in the tables. Never throws for what `resolve`
/// accepted; fields are zero where a configuration is too small for one step.
Course course_of(const Tables& tables, const RunConfig& config);

/// Share of the steady-state displacement that the momentum buffers let a round of H steps reach,
/// times slow_lr / (1 - slow_momentum): by how much buffers and slow momentum change the effective
/// learning rate. 1 for synchronous SGD and maintained buffers. Closed form under a constant
/// gradient.
double effective_lr_factor(const RunConfig& config);

}  // namespace lockstep
