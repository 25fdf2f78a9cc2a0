// Whether files have changed since they were last read, without reading them. Internal to
// results/store.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "results/record/workspace.hpp"

namespace lockstep {

/// Name, size and modification time of each, as text; equal texts mean that nothing has to be read
/// again.
std::string marks_of(const std::vector<std::filesystem::path>& files);

/// The files of a run that decide what is imported.
std::string run_marks(const RunDirectory& run);
std::string study_marks(const Workspace& workspace, const std::string& study);

/// Names of the run directories, sorted; only names that are ids.
std::vector<std::string> run_ids(const Workspace& workspace);

}  // namespace lockstep
