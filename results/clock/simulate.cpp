// The price of a tally.
#include <algorithm>
#include <stdexcept>

#include "results/clock/clock.hpp"

namespace lockstep {

namespace {
/// Seconds of compute under which the system carries the exchange out.
double cover_s(const Tally::Exchange& exchange, const StepCost& cost, double mean_step_s,
               const Overlap& overlap) {
  if (exchange.gradient) return overlap.backward ? cost.backward_s : 0;
  return overlap.steps ? static_cast<double>(exchange.hidden_steps) * mean_step_s : 0;
}
}  // namespace

SimulatedTime simulate(const Tally& tally, std::int64_t workers, const StepCost& cost,
                       const Network& network, const Stragglers& stragglers,
                       const Overlap& overlap) {
  if (workers < 1) throw std::invalid_argument("the simulated clock needs at least one worker");
  const bool slow = stragglers.kind != Stragglers::Kind::none;
  const double mean_excess_s = slow ? stragglers.mean_excess_s : 0;
  const double mean_step_s = cost.step_s + mean_excess_s;
  SimulatedTime time;
  for (const auto& [length, count] : tally.rounds) {
    const auto steps = static_cast<double>(length), rounds = static_cast<double>(count);
    const double excess_s = expected_round_excess_s(stragglers, workers, length);
    time.compute_s += rounds * steps * mean_step_s;
    time.wait_s += rounds * std::max(0.0, excess_s - steps * mean_excess_s);
  }
  for (const auto& [exchange, count] : tally.exchanges) {
    const double seconds = all_reduce_s(network, workers, exchange.bytes);
    const double hidden_s = std::min(seconds, cover_s(exchange, cost, mean_step_s, overlap));
    time.compute_s += static_cast<double>(count) * cost.average_s;
    time.hidden_s += static_cast<double>(count) * hidden_s;
    time.exposed_s += static_cast<double>(count) * (seconds - hidden_s);
  }
  time.total_s = time.compute_s + time.wait_s + time.exposed_s;
  time.bytes_per_worker = ring_bytes_per_endpoint(workers, tally.launched_bytes);
  return time;
}

SimulatedTime simulate(const std::vector<SyncEvent>& syncs, std::int64_t until,
                       std::int64_t workers, const StepCost& cost, const Network& network,
                       const Stragglers& stragglers, const Overlap& overlap) {
  return simulate(tally(syncs, until), workers, cost, network, stragglers, overlap);
}

}  // namespace lockstep
