// The price of a tally.
#include <algorithm>
#include <stdexcept>

#include "results/clock/clock.hpp"

namespace lockstep {

namespace {
/// Seconds of compute under which the system carries the exchange out.
double cover_s(const Tally::Exchange& exchange, const StepCost& cost, double slow_step_s,
               const Overlap& overlap) {
  if (exchange.gradient) return overlap.backward ? cost.backward_s : 0;
  return overlap.steps ? static_cast<double>(exchange.hidden_steps) * slow_step_s : 0;
}
}  // namespace

SimulatedTime simulate(const Tally& tally, std::int64_t workers, const StepCost& cost,
                       const Network& network, const RoundExcess& rounds, double mean_excess_s,
                       const Overlap& overlap) {
  if (workers < 1) throw std::invalid_argument("the simulated clock needs at least one worker");
  const double excess_of_mean = rounds.mean_step(workers) * mean_excess_s;
  const double mean_step_s = cost.step_s + excess_of_mean;
  // The mean step of whom all wait for: where workers are alike, that of any.
  const double slow_step_s = cost.step_s + rounds.slowest(1, 1) * mean_excess_s;
  SimulatedTime time;
  for (const auto& [length, number] : tally.rounds) {
    const auto steps = static_cast<double>(length), count = static_cast<double>(number);
    const double excess_s = mean_excess_s * rounds.slowest(workers, length);
    time.compute_s += count * steps * mean_step_s;
    time.wait_s += count * std::max(0.0, excess_s - steps * excess_of_mean);
  }
  for (const auto& [exchange, count] : tally.exchanges) {
    const double seconds = all_reduce_s(network, workers, exchange.bytes);
    const double hidden_s = std::min(seconds, cover_s(exchange, cost, slow_step_s, overlap));
    time.compute_s += static_cast<double>(count) * cost.average_s;
    time.hidden_s += static_cast<double>(count) * hidden_s;
    time.exposed_s += static_cast<double>(count) * (seconds - hidden_s);
  }
  time.total_s = time.compute_s + time.wait_s + time.exposed_s;
  time.bytes_per_worker = ring_bytes_per_endpoint(workers, tally.launched_bytes);
  return time;
}

SimulatedTime simulate(const Tally& tally, std::int64_t workers, const StepCost& cost,
                       const Network& network, const Stragglers& stragglers,
                       const Overlap& overlap) {
  return simulate(tally, workers, cost, network, RoundExcess(stragglers), stragglers.mean_excess_s,
                  overlap);
}

SimulatedTime simulate(const std::vector<SyncEvent>& syncs, std::int64_t until,
                       std::int64_t workers, const StepCost& cost, const Network& network,
                       const Stragglers& stragglers, const Overlap& overlap) {
  return simulate(tally(syncs, until), workers, cost, network, stragglers, overlap);
}

}  // namespace lockstep
