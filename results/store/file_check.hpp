// Are the files of a workspace what they should be? The index is a copy that may be whole while
// its files are not.
#pragma once

#include <string>
#include <vector>

#include "results/record/workspace.hpp"

namespace lockstep {

/// Reads every plan, every run with all segments of its attempts against their RESULT, and the
/// calibrations. One line per damage, "file:offset: what", paths relative to the workspace; empty:
/// all is well. Nothing is written, and no index is needed. Throws RecordError where a folder
/// cannot be listed.
std::vector<std::string> check_files(const Workspace& workspace);

}  // namespace lockstep
