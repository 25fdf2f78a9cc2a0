// Differences between two cells at the seeds that both have: what the seeds share (data order,
// initial parameters) cancels.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace lockstep {

/// One value per seed.
using SeedValues = std::map<std::int64_t, double>;

/// a - b at each common seed, by rising seed. Values that are not finite are left out.
std::vector<double> paired_differences(const SeedValues& a, const SeedValues& b);

/// Seeds up to which all sign flips are counted; Student's t beyond.
inline constexpr std::size_t kMostForFlips = 16;

/// Two-sided p of a mean difference of 0: the share of the 2^n ways to set the signs that give a
/// sum at least as far from 0. NaN for no differences.
double sign_flip_p(const std::vector<double>& differences);

/// What sign_flip_p cannot fall below with n differences: 2^(1-n). n from 1 to kMostForFlips.
double smallest_p(int n);

/// Holm's step-down adjustment, in the order given; NaN stays and is not counted.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace lockstep
