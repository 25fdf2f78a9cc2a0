// The walk along the sync log.
#include <algorithm>
#include <stdexcept>

#include "results/clock/clock.hpp"

namespace lockstep {

namespace {
struct UnderWay {
  std::int64_t launched = 0;
  std::int64_t due = 0;
  double bytes = 0;
};

class Walk {
 public:
  void sync(const SyncEvent& event) {
    if (event.step < round_start_) throw std::invalid_argument("the sync log falls by step");
    settle_due_by(event.step);
    end_round(event.step);
    tally_.launched_bytes += event.bytes;
    if (event.delay > 0) {
      under_way_.push_back({event.step, event.step + event.delay, event.bytes});
      return;
    }
    for (const UnderWay& exchange : under_way_) settle(exchange, event.step);
    under_way_.clear();
    ++tally_.exchanges[{event.bytes, event.gradient, 0}];
  }

  /// State at the end of step `until`; the walk can go on.
  Tally at(std::int64_t until) const {
    Walk now = *this;
    now.settle_due_by(until);
    now.end_round(until);
    return std::move(now.tally_);
  }

 private:
  void end_round(std::int64_t step) {
    if (step > round_start_) ++tally_.rounds[step - round_start_];
    round_start_ = step;
  }

  void settle(const UnderWay& exchange, std::int64_t step) {
    ++tally_.exchanges[{exchange.bytes, false, step - exchange.launched}];
  }

  void settle_due_by(std::int64_t step) {
    std::erase_if(under_way_, [&](const UnderWay& exchange) {
      if (exchange.due > step) return false;
      settle(exchange, exchange.due);
      return true;
    });
  }

  std::int64_t round_start_ = 0;
  std::vector<UnderWay> under_way_;
  Tally tally_;
};
}  // namespace

std::vector<Tally> tally_at(const std::vector<SyncEvent>& syncs,
                            const std::vector<std::int64_t>& until) {
  if (!std::is_sorted(until.begin(), until.end()))
    throw std::invalid_argument("the steps asked for must rise");
  Walk walk;
  std::vector<Tally> tallies;
  tallies.reserve(until.size());
  auto next = syncs.begin();
  for (const std::int64_t step : until) {
    for (; next != syncs.end() && next->step <= step; ++next) walk.sync(*next);
    tallies.push_back(walk.at(step));
  }
  return tallies;
}

Tally tally(const std::vector<SyncEvent>& syncs, std::int64_t until) {
  return tally_at(syncs, {until}).front();
}

}  // namespace lockstep
