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
  std::string again;  ///< the word that names it in a command to copy: stdin is read once only
};

/// What SPEC may be, for help texts.
inline constexpr const char* kSpecHelp =
    "The study's YAML file; - for stdin; or the name of a study in the workspace, for the spec "
    "that it was run with last";

/// `word` is SPEC. Shows all diagnostics on stderr. Nothing if there are errors: the caller ends
/// with ExitCode::usage. Throws UsageError where there is no such file or study.
std::optional<SpecInput> load_spec(Session& session, const Tables& tables, const std::string& word);

/// read_study() and list_runs(); their notes are told on stderr.
Plan load_study(Session& session, const Tables& tables, const Workspace& workspace,
                const std::string& study);
std::vector<ListedRun> load_runs(Session& session, const Tables& tables, const Workspace& workspace,
                                 const std::string& study);

}  // namespace lockstep
