// What is looked at and said once before the runs of a study are started, so that they need not
// find it out one by one.
#pragma once

#include <filesystem>
#include <string>

#include "orchestrator/cli/session.hpp"
#include "results/record/workspace.hpp"
#include "sweeps/run/tables.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep {

/// Throws LaunchError for the first data set of these runs whose files are not in `data` (empty:
/// there is no folder): names file, folder and where the files come from.
void require_data(const Tables& tables, const std::vector<PlannedRun>& runs,
                  const std::filesystem::path& data);

/// "one at a time" where the measured clock keeps the machine for each run, else "N at once".
/// `measured` of `total` runs want the machine alone.
std::string pace_text(int slots, std::size_t measured, std::size_t total);

/// Runs that are done, but not with a process for every worker on a machine of their own: says
/// that they have no measured time, and how they get one. For studies with the measured clock.
void tell_unmeasured(Session& session, const Workspace& workspace, const Plan& plan);

/// How many runs earlier plans of this study asked for that `plan` does not.
std::size_t earlier_runs(const Tables& tables, const Workspace& workspace, const Plan& plan);

/// Runs that earlier plans of this study asked for and `plan` does not: they stay in it, and its
/// reports, which is said. Plans that cannot be read are not: report and status refuse them.
void tell_earlier_runs(Session& session, const Tables& tables, const Workspace& workspace,
                       const Plan& plan);

}  // namespace lockstep
