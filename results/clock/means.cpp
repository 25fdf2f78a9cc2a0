// Two measurements of one machine as one. Seconds are averaged, and never bandwidths: times are
// linear in the first.
#include "results/clock/clock.hpp"

namespace lockstep {

namespace {
double mean(double a, double b) { return (a + b) / 2; }
}  // namespace

StepCost mean_of(const StepCost& a, const StepCost& b) {
  return {mean(a.step_s, b.step_s), mean(a.backward_s, b.backward_s),
          mean(a.average_s, b.average_s)};
}

Network mean_of(const Network& a, const Network& b) {
  return {a.name, mean(a.latency_s, b.latency_s),
          1 / mean(1 / a.bandwidth_bytes_s, 1 / b.bandwidth_bytes_s), a.source};
}

}  // namespace lockstep
