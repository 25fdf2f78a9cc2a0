// When workers talk. Steps are 1-based; a sync at step t comes after local step t.
#pragma once

#include <cstdint>
#include <memory>

#include "sweeps/run/course.hpp"

namespace lockstep {

class Cadence {
 public:
  virtual ~Cadence() = default;
  /// The first step > `after` that a sync follows. Textbook phase: H, 2H, 3H, ...; after a switch
  /// at t': t'+H, ... May lie beyond the end of training.
  virtual std::int64_t next_sync(std::int64_t after) const = 0;
  /// Whether step t belongs to a phase that talks at every step.
  virtual bool every_step(std::int64_t step) const = 0;
};

/// The cadence of an algorithm's row. `config` has what that part needs (H, switch_epoch).
std::unique_ptr<Cadence> make_cadence(const AlgorithmRow& row, const RunConfig& config,
                                      const Course& course);

}  // namespace lockstep
