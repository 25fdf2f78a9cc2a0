// What is done with what the workers agreed on.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "sweeps/run/run_config.hpp"
#include "trainer/sync/worker_rows.hpp"

namespace lockstep {

class Outer {
 public:
  virtual ~Outer() = default;

  /// Before the first local step: `rows` hold the common initial parameters. Local.
  virtual void start(const WorkerRows& rows) { (void)rows; }
  /// An exchange begins: its payload is rows.parameters as they are now. Local.
  virtual void launched(const WorkerRows& rows) { (void)rows; }
  /// Whether every row becomes the mean as it is. Then an exchange that nothing delays puts it
  /// right into the first row, and `mean` below is that row: a copy of all parameters less per
  /// sync.
  virtual bool takes_mean_over() const { return false; }
  /// The mean (n) of the payloads has arrived; `lr` is the inner rate of the step that the exchange
  /// followed, > 0. Changes rows.parameters. Local. Without local steps since the launch, all
  /// workers hold equal parameters after it.
  virtual void apply(WorkerRows& rows, const at::Tensor& mean, double lr) = 0;

  /// Adds to / takes from a checkpoint all that decides the next step.
  virtual void save(SavedState& state) const { (void)state; }
  virtual void load(const SavedState& state) { (void)state; }
};

/// Every row := mean.
std::unique_ptr<Outer> make_plain_outer(const RunConfig& config);
/// SlowMo: see slow_momentum.cpp.
std::unique_ptr<Outer> make_slow_momentum(const RunConfig& config);
/// CoCoD: see delayed_correction.cpp.
std::unique_ptr<Outer> make_delayed_correction(const RunConfig& config);

}  // namespace lockstep
