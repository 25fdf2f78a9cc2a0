#include "reports/statistics/resampling.hpp"

#include <limits>
#include <set>

namespace lockstep {

namespace {
/// splitmix64 (Steele, Lea, Flood 2014), as a hash of a counter.
std::uint64_t hash(std::uint64_t counter) {
  std::uint64_t z = (counter + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::vector<std::int64_t> seeds_of(const std::vector<SeedPoints>& cells) {
  std::set<std::int64_t> seeds;
  for (const SeedPoints& cell : cells) {
    for (const auto& [seed, point] : cell) seeds.insert(seed);
  }
  return {seeds.begin(), seeds.end()};
}

/// Mean over the drawn seeds that the cell has; NaN for none.
Point mean_over(const SeedPoints& cell, const std::vector<std::int64_t>& drawn) {
  Point sum;
  double n = 0;
  for (const std::int64_t seed : drawn) {
    const auto found = cell.find(seed);
    if (found == cell.end()) continue;
    sum.time += found->second.time;
    sum.accuracy += found->second.accuracy;
    n += 1;
  }
  if (n == 0)
    return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
  return {sum.time / n, sum.accuracy / n};
}
}  // namespace

std::vector<double> probability_on_frontier(const std::vector<SeedPoints>& cells, int replicates) {
  const std::vector<std::int64_t> seeds = seeds_of(cells);
  std::vector<double> hits(cells.size(), 0);
  if (seeds.empty() || replicates < 1) return hits;
  std::vector<std::int64_t> drawn(seeds.size());
  std::vector<Point> points(cells.size());
  for (std::uint64_t replicate = 0; replicate < static_cast<std::uint64_t>(replicates);
       ++replicate) {
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      drawn[i] = seeds[hash(replicate * seeds.size() + i) % seeds.size()];
    }
    for (std::size_t c = 0; c < cells.size(); ++c) points[c] = mean_over(cells[c], drawn);
    for (const std::size_t member : frontier(points).members) hits[member] += 1;
  }
  for (double& hit : hits) hit /= replicates;
  return hits;
}

}  // namespace lockstep
