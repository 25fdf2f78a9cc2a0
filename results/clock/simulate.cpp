// The walk along the sync log.
#include <algorithm>
#include <map>
#include <stdexcept>

#include "results/clock/clock.hpp"

namespace lockstep {

namespace {
struct UnderWay {
  std::int64_t launched = 0;
  std::int64_t due = 0;
  double seconds = 0;
};

class Walk {
 public:
  Walk(std::int64_t workers, const StepCost& cost, const Network& network,
       const Stragglers& stragglers)
      : workers_(workers), cost_(cost), network_(network), stragglers_(stragglers) {
    if (workers < 1) throw std::invalid_argument("the simulated clock needs at least one worker");
    mean_step_s_ = cost.step_s + (is_slow() ? stragglers.mean_excess_s : 0);
  }

  void sync(const SyncEvent& event) {
    if (event.step < round_start_) throw std::invalid_argument("the sync log falls by step");
    settle_due_by(event.step);
    end_round(event.step);
    total_.bytes_per_worker += ring_bytes_per_endpoint(workers_, event.bytes);
    const double seconds = all_reduce_s(network_, workers_, event.bytes);
    if (event.delay > 0) {
      under_way_.push_back({event.step, event.step + event.delay, seconds});
      return;
    }
    for (const UnderWay& exchange : under_way_) settle(exchange, event.step);
    under_way_.clear();
    expose(seconds, event.gradient ? cost_.backward_s : 0);
  }

  /// State at the end of step `until`; the walk can go on.
  SimulatedTime at(std::int64_t until) const {
    Walk now = *this;
    now.settle_due_by(until);
    now.end_round(until);
    now.total_.total_s = now.total_.compute_s + now.total_.wait_s + now.total_.exposed_s;
    return now.total_;
  }

 private:
  void end_round(std::int64_t step) {
    const std::int64_t steps = step - round_start_;
    if (steps <= 0) return;
    const double mean_excess_s =
        is_slow() ? stragglers_.mean_excess_s * static_cast<double>(steps) : 0;
    total_.compute_s += static_cast<double>(steps) * mean_step_s_;
    total_.wait_s += std::max(0.0, excess(steps) - mean_excess_s);
    round_start_ = step;
  }

  bool is_slow() const { return stragglers_.kind != Stragglers::Kind::none; }

  double excess(std::int64_t steps) {
    if (!is_slow()) return 0;
    const auto [entry, is_new] = excess_.try_emplace(steps, 0.0);
    if (is_new) entry->second = expected_round_excess_s(stragglers_, workers_, steps);
    return entry->second;
  }

  void expose(double seconds, double credit_s) {
    const double hidden = std::min(seconds, credit_s);
    total_.hidden_s += hidden;
    total_.exposed_s += seconds - hidden;
  }

  void settle(const UnderWay& exchange, std::int64_t step) {
    expose(exchange.seconds, static_cast<double>(step - exchange.launched) * mean_step_s_);
  }

  void settle_due_by(std::int64_t step) {
    std::erase_if(under_way_, [&](const UnderWay& exchange) {
      if (exchange.due > step) return false;
      settle(exchange, exchange.due);
      return true;
    });
  }

  std::int64_t workers_;
  StepCost cost_;
  Network network_;
  Stragglers stragglers_;
  double mean_step_s_ = 0;
  std::int64_t round_start_ = 0;
  std::vector<UnderWay> under_way_;
  std::map<std::int64_t, double> excess_;  // by length of round: the integral is not cheap
  SimulatedTime total_;
};
}  // namespace

std::vector<SimulatedTime> simulate_at(const std::vector<SyncEvent>& syncs,
                                       const std::vector<std::int64_t>& until, std::int64_t workers,
                                       const StepCost& cost, const Network& network,
                                       const Stragglers& stragglers) {
  if (!std::is_sorted(until.begin(), until.end()))
    throw std::invalid_argument("the steps asked for must rise");
  Walk walk(workers, cost, network, stragglers);
  std::vector<SimulatedTime> times;
  times.reserve(until.size());
  auto next = syncs.begin();
  for (const std::int64_t step : until) {
    for (; next != syncs.end() && next->step <= step; ++next) walk.sync(*next);
    times.push_back(walk.at(step));
  }
  return times;
}

SimulatedTime simulate(const std::vector<SyncEvent>& syncs, std::int64_t until,
                       std::int64_t workers, const StepCost& cost, const Network& network,
                       const Stragglers& stragglers) {
  return simulate_at(syncs, {until}, workers, cost, network, stragglers).front();
}

}  // namespace lockstep
