#include "results/record/retention.hpp"

#include <algorithm>
#include <set>

namespace lockstep {

namespace {
/// Index of the best good checkpoint, or of none.
std::optional<std::size_t> best_of(const std::vector<CheckpointFacts>& newest_first) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < newest_first.size(); ++i) {
    const CheckpointFacts& facts = newest_first[i];
    if (!facts.good || !facts.validation) continue;
    // Equal ones have the same evaluation behind them as a rule: the first is nearest to it.
    if (!best || facts.validation->accuracy >= newest_first[*best].validation->accuracy) best = i;
  }
  return best;
}

/// Indices of the first good checkpoint at or after each multiple of `every_steps`.
std::set<std::size_t> milestones(const std::vector<CheckpointFacts>& newest_first,
                                 std::int64_t every_steps) {
  std::set<std::size_t> found;
  std::int64_t reached = 0;
  for (std::size_t i = newest_first.size(); i-- > 0;) {  // oldest first
    if (!newest_first[i].good) continue;
    const std::int64_t multiple = newest_first[i].name.step / every_steps;
    if (multiple > reached) found.insert(i);
    reached = std::max(reached, multiple);
  }
  return found;
}
}  // namespace

std::vector<CheckpointName> superfluous(const Retention& rule,
                                        const std::vector<CheckpointFacts>& newest_first) {
  std::set<std::size_t> kept;
  if (rule.every_steps > 0) kept = milestones(newest_first, rule.every_steps);
  if (rule.best) {
    if (const auto best = best_of(newest_first)) kept.insert(*best);
  }
  std::vector<CheckpointName> gone;
  int good = 0;
  for (std::size_t i = 0; i < newest_first.size(); ++i) {
    const bool among_last = newest_first[i].good ? ++good <= rule.last : good < rule.last;
    if (!among_last && kept.count(i) == 0) gone.push_back(newest_first[i].name);
  }
  return gone;
}

}  // namespace lockstep
