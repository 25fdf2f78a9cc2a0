// The two measurements behind the simulated clock: what one local step of one worker costs, and
// what an all-reduce between processes of this machine costs.
#pragma once

#include <string>
#include <vector>

#include "results/clock/clock.hpp"
#include "trainer/comm/communicator.hpp"
#include "trainer/engine/registry.hpp"

namespace lockstep {

struct MeasuredStep {
  StepCost cost;
  double p10_s = 0, p90_s = 0;
  StepSpread spread;
  std::int64_t samples = 0;  ///< steps measured
  double interrupted = 0;    ///< share of steps that others held up; they count for no cost
};

/// Takes local steps of one worker of `config` for about `seconds` (at least 20 steps, after 5 that
/// do not count), every second one with parameters that were written anew from memory, as after an
/// average. The others give the cost of a step and its spread; what those take longer is the cost
/// of an average. The arithmetic of an outer part other than the plain one is in no cost.
/// The caller keeps the machine in the state to be measured: all cores equally busy.
MeasuredStep measure_step(const Registry& registry, const RunConfig& config, const Dataset& dataset,
                          double seconds);

/// Median seconds of an all-reduce of rows from 1 KiB to 64 MiB between the processes of `comm`,
/// one worker each, into those rows, which lie in no cache, as after a local step. Collective; the
/// same values in every process are not promised: rank 0's count.
std::vector<AllReduceSample> measure_network(Communicator& comm);

}  // namespace lockstep
