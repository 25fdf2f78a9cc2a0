// Are the files of a workspace what they should be? The index is a copy that may be whole while
// its files are not.
#pragma once

#include <string>
#include <vector>

#include "results/record/workspace.hpp"

namespace lockstep {

/// One line per damage, "file:offset: what", paths relative to the workspace; the same lines as an
/// import's (ImportSummary).
struct FileDamage {
  std::vector<std::string> corruption;
  std::vector<std::string> salvaged;
  bool empty() const { return corruption.empty() && salvaged.empty(); }
};

/// Reads every plan, every run with all segments of its attempts against their RESULT, and the
/// calibrations. Nothing is written, and no index is needed. Throws RecordError where a folder
/// cannot be listed.
FileDamage check_files(const Workspace& workspace);

}  // namespace lockstep
