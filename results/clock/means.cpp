// Several measurements of one machine as one. Seconds are averaged, and never bandwidths: times are
// linear in the first.
#include <algorithm>
#include <cmath>

#include "results/clock/clock.hpp"

namespace lockstep {

StepCost mean_of(const std::vector<StepCost>& all) {
  const double share = 1 / static_cast<double>(all.size());
  StepCost mean;
  for (const StepCost& one : all) {
    mean.step_s += share * one.step_s;
    mean.backward_s += share * one.backward_s;
    mean.average_s += share * one.average_s;
  }
  return mean;
}

StepSpread mean_of(const std::vector<StepSpread>& all) {
  StepSpread mean = all.front();
  for (const StepSpread& one : all)
    mean.deviation_s.resize(std::min(mean.deviation_s.size(), one.deviation_s.size()));
  mean.interrupted_s = 0;
  for (const StepSpread& one : all)
    mean.interrupted_s += one.interrupted_s / static_cast<double>(all.size());
  for (std::size_t i = 0; i < mean.deviation_s.size(); ++i) {
    double squares = 0;
    for (const StepSpread& one : all) squares += one.deviation_s[i] * one.deviation_s[i];
    mean.deviation_s[i] = std::sqrt(squares / static_cast<double>(all.size()));
  }
  return mean;
}

Network mean_of(const std::vector<Network>& all) {
  const double share = 1 / static_cast<double>(all.size());
  Network mean = all.back();
  mean.latency_s = 0;
  double seconds_per_byte = 0;
  for (const Network& one : all) {
    mean.latency_s += share * one.latency_s;
    seconds_per_byte += share / one.bandwidth_bytes_s;
  }
  mean.bandwidth_bytes_s = 1 / seconds_per_byte;
  return mean;
}

}  // namespace lockstep
