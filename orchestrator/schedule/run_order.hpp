// In which order runs are started: blocks of one seed over all cells, shuffled inside. A study that
// is stopped early has whole blocks, so its comparisons stay paired, and no cell always runs while
// the machine is warm or busy.
#pragma once

#include <string>
#include <vector>

#include "sweeps/spec/plan.hpp"

namespace lockstep {

/// Indices into `runs`: seeds rising, each block in an order that depends only on study, seed and
/// run id. So it is the same at every call and whatever the order of axes, and runs that join later
/// do not reorder the others.
std::vector<std::size_t> run_order(const std::string& study, const std::vector<PlannedRun>& runs);

}  // namespace lockstep
