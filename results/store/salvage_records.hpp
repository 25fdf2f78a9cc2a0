// Agreeing to what is left of damaged records, for a whole workspace.
#pragma once

#include <string>
#include <vector>

#include "results/record/workspace.hpp"

namespace lockstep {

/// Agrees (results/record/salvage.hpp) to what is left of every corrupt segment of every attempt.
/// Returns a line for each that leaves nothing which could be told apart, paths relative to the
/// workspace. The next import uses what was agreed to. Throws WriteError.
std::vector<std::string> salvage_records(const Workspace& workspace);

}  // namespace lockstep
