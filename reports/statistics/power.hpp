// How many seeds a comparison needs. Paired t-test, two-sided, at 1 - kConfidence: its power is a
// tail of the noncentral t distribution.
#pragma once

#include <optional>

namespace lockstep {

/// The chance of finding a difference that a number of seeds is planned for.
inline constexpr double kPower = 0.8;

/// Chance that n differences with this effect (true mean over true standard deviation) give a p
/// below 1 - kConfidence. n >= 2.
double paired_power(int n, double effect);

/// Fewest n with paired_power() of at least kPower; none where that takes more than `most`.
std::optional<int> seeds_for(double effect, int most);

/// The effect that n differences show with a chance of kPower: what is smaller is likely missed.
double detectable_effect(int n);

/// Fewest seeds with which the exact sign flips can give a p of at most `p` at all.
int fewest_for_flips(double p);

}  // namespace lockstep
