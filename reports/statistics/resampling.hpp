// How sure a frontier is: seeds are resampled jointly over all cells, so that what the cells share
// (data order, initial parameters) is not taken for a difference between them. With few seeds this
// is too sure; n is printed beside it.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "reports/statistics/frontier.hpp"

namespace lockstep {

/// Results of one cell by seed.
using SeedPoints = std::map<std::int64_t, Point>;

inline constexpr int kReplicates = 1000;

/// For each cell the share of replicates in which the mean over the drawn seeds is dominated by no
/// other cell. A cell that has none of the drawn seeds is out of that replicate. Deterministic:
/// draws are a hash of their place.
std::vector<double> probability_on_frontier(const std::vector<SeedPoints>& cells,
                                            int replicates = kReplicates);

}  // namespace lockstep
