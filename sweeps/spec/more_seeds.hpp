// "k more seeds": the runs that make cells of a study larger, without a change of its spec.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "sweeps/run/tables.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep {

/// The runs that the cells of `plan` have at `seeds`, as an addition to its study. `cells`: those
/// alone; empty: all. Order: cells as in `plan`, seeds inside.
Plan at_seeds(const Tables& tables, const Plan& plan, const std::vector<std::int64_t>& seeds,
              const std::set<std::string>& cells);

/// `plan` and, behind its runs, those of `more` that are not among them.
Plan with_runs(Plan plan, const std::vector<PlannedRun>& more);

}  // namespace lockstep
