// The runs of a study by name, for commands that only show them. It reads ten thousand in a few
// hundredths of a second, as no configuration is built.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "results/record/workspace.hpp"
#include "sweeps/run/tables.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep {

struct ListedRun {
  std::string id;
  std::string cell;
  std::string label;  ///< run_labels.hpp
};

/// The runs that read_study() gives, in its order, with its notes and errors; every id is checked
/// against its configuration. What this lockstep cannot read is told by one run of each kind: runs
/// with the same parameters and the same texts are of one kind.
std::vector<ListedRun> list_runs(const Workspace& workspace, const Tables& tables,
                                 std::string_view study, std::vector<std::string>& notes);

std::vector<ListedRun> list_runs(const Plan& plan);

}  // namespace lockstep
