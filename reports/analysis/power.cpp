// How many more seeds would tell a pair of cells apart.
#include "reports/statistics/power.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
using Seeds = std::set<std::int64_t>;

std::int64_t largest_seed(const Work& work) {
  std::int64_t largest = 0;
  for (const LedgerRow& row : work.out.ledger) largest = std::max(largest, row.seed);
  return largest;
}

Seeds seeds_of(const std::vector<const RunData*>& runs) {
  Seeds seeds;
  for (const RunData* run : runs) seeds.insert(seed_of(*run));
  return seeds;
}

/// `count` seeds that make pairs: first those that one of the two has finished and the other does
/// not plan, which cost one run, then new ones above all of the study.
std::vector<std::int64_t> seeds_to_add(const Work& work, const CellRuns& a, const CellRuns& b,
                                       std::size_t count) {
  Seeds half;
  for (const auto& [one, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    const Seeds planned = seeds_of(other->all);
    for (const std::int64_t seed : seeds_of(one->finished))
      if (planned.count(seed) == 0) half.insert(seed);
  }
  std::vector<std::int64_t> add(half.begin(), half.end());
  add.resize(std::min(add.size(), count));
  for (std::int64_t next = largest_seed(work) + 1; add.size() < count; ++next) add.push_back(next);
  return add;
}

/// Mean device-hours of the finished runs of a cell.
double hours_of(const Work& work, std::size_t cell) {
  double hours = 0;
  const auto& finished = work.runs[cell].finished;
  for (const RunData* run : finished)
    hours += run->accounting.wall_s * (run->header ? run->header->processes : 1) / 3600;
  return finished.empty() ? kUnknown : hours / static_cast<double>(finished.size());
}

PowerRow power_of(const Work& work, std::size_t i) {
  const DifferenceRow& row = work.out.differences[i];
  const Estimate& e = row.difference;
  PowerRow power{.difference = i};
  const double spread = deviation(e.values);
  if (!(spread >= 0)) return power;
  power.detectable = detectable_effect(e.n()) * spread;
  // No spread at all: any difference is found; no difference: none ever is.
  const auto by_spread = e.mean == 0   ? std::optional<int>()
                         : spread == 0 ? std::optional<int>(2)
                                       : seeds_for(e.mean / spread, kMostSeeds);
  if (!by_spread) return power;
  power.seeds = std::max({*by_spread, fewest_for_flips(1 - kConfidence), e.n() + 1});
  const CellRuns &own = work.runs[row.cell], &other = work.runs[row.baseline];
  power.add = seeds_to_add(work, own, other, static_cast<std::size_t>(*power.seeds - e.n()));
  for (const std::size_t cell : {row.cell, row.baseline}) {
    const Seeds planned = seeds_of(work.runs[cell].all);
    for (const std::int64_t seed : power.add)
      if (planned.count(seed) == 0) power.device_hours += hours_of(work, cell);
  }
  return power;
}
}  // namespace

void find_power(Work& work) {
  for (std::size_t i = 0; i < work.out.differences.size(); ++i) {
    if (work.out.differences[i].p > 1 - kConfidence) work.out.power.push_back(power_of(work, i));
  }
}

}  // namespace lockstep
