// Draft -> runs: the product of axes, resolved, checked, told apart by their ids.
#pragma once

#include <cstdint>
#include <vector>

#include "sweeps/spec/draft.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep::spec {

/// Runs that the draft describes before excludes and before equal ones are counted once; saturates
/// at the largest number. Nothing is built.
std::int64_t count_runs(const Draft& draft);

/// All runs in the order of the spec: variants outermost, the seed innermost. Values: base < grid <
/// variant; a parameter that a variant gives or sweeps itself is not swept by the outer grid too.
/// Excludes do not reach what `include` adds. More than `max_runs` are refused before anything is
/// built. What resolving a run finds is told at the place where the parameter was given, once per
/// place.
std::vector<PlannedRun> expand(const Tables& tables, const Draft& draft, std::int64_t max_runs,
                               Findings& findings);

}  // namespace lockstep::spec
