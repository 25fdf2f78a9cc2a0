// The expected slowest of W workers where the excess of a step has no sum in closed form.
// Internal to results/clock.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace lockstep {

/// The distribution of a step's excess, by its stop-loss function: all that the numeric needs of
/// it, as its second differences are the masses that keep the mean on a grid.
struct StepExcess {
  double mean = 0;
  double variance = 0;
  double least = 0;  ///< no excess is below
  double most = std::numeric_limits<double>::infinity();
  std::function<double(double)> beyond;  ///< E max(X - x, 0)
  std::function<double(double)> tail;    ///< P(X > x); asked only where `most` is infinite
};

/// E max over `workers` of the sum of `steps` independent excesses. The masses of a step on a grid,
/// their characteristic function to the power of the steps, and back; beyond the grid one step
/// alone is long. Within 1e-4 of the result for the models that specs know and up to 10^6 steps:
/// tests hold it to the exponential, whose sums are known, and to simulations.
double expected_slowest_sum(const StepExcess& step, std::int64_t workers, std::int64_t steps);

/// Lognormal with mean 1; sigma: standard deviation of the logarithm.
StepExcess lognormal_excess(double sigma);
/// Each of `recorded` equally likely; not empty.
StepExcess recorded_excess(std::vector<double> recorded);

}  // namespace lockstep
