// The learning rate at a step: a pure function of the configuration.
#pragma once

#include <cstdint>
#include <vector>

#include "sweeps/run/course.hpp"

namespace lockstep {

/// Progress is (t-1)/T. Warm-up: linear from min(warmup_from, peak) at step 1 to the peak at step
/// warm-up + 1, no milestone applied. After it: constant; step (times lr_decay at each milestone of
/// progress reached); or half a cosine from the end of the warm-up to 0 at T + 1.
class LrSchedule {
 public:
  LrSchedule(const RunConfig& config, const Course& course);
  /// `step` is 1-based, at most T.
  double at(std::int64_t step) const;

 private:
  enum class Kind { constant, step, cosine } kind_ = Kind::constant;
  Course course_;
  double warmup_from_ = 0;
  double decay_ = 1;
  std::vector<double> milestones_;
};

}  // namespace lockstep
