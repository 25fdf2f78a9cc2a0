// A spec or a study that the command line names: read, checked, its problems shown.
#pragma once

#include <optional>
#include <string>

#include "orchestrator/cli/session.hpp"
#include "orchestrator/schedule/study_list.hpp"
#include "sweeps/run/tables.hpp"
#include "sweeps/spec/sweep_spec.hpp"

namespace lockstep {

struct SpecInput {
  std::string text;
  SpecResult result;
};

/// Shows all diagnostics on stderr. Nothing if there are errors: the caller ends with
/// ExitCode::usage.
std::optional<SpecInput> load_spec(Session& session, const Tables& tables, const std::string& path);

/// read_study() and list_runs(); their notes are told on stderr.
Plan load_study(Session& session, const Tables& tables, const Workspace& workspace,
                const std::string& study);
std::vector<ListedRun> load_runs(Session& session, const Tables& tables, const Workspace& workspace,
                                 const std::string& study);

}  // namespace lockstep
