// How many more seeds would tell a pair of cells apart.
#include "reports/statistics/power.hpp"

#include <algorithm>
#include <numeric>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
std::int64_t largest_seed(const Work& work) {
  std::int64_t largest = 0;
  for (const LedgerRow& row : work.out.ledger) largest = std::max(largest, row.seed);
  return largest;
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
  power.add.resize(static_cast<std::size_t>(*power.seeds - e.n()));
  std::iota(power.add.begin(), power.add.end(), largest_seed(work) + 1);
  power.device_hours = static_cast<double>(power.add.size()) *
                       (hours_of(work, row.cell) + hours_of(work, row.baseline));
  return power;
}
}  // namespace

void find_power(Work& work) {
  for (std::size_t i = 0; i < work.out.differences.size(); ++i) {
    if (work.out.differences[i].p > 1 - kConfidence) work.out.power.push_back(power_of(work, i));
  }
}

}  // namespace lockstep
