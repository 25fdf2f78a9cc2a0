// Import, analysis and report files of a study: what `run` does at its end and `report` on its own.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/session.hpp"
#include "results/record/workspace.hpp"
#include "results/store/store.hpp"
#include "sweeps/run/tables.hpp"

namespace CLI {
class App;
}

namespace lockstep {

/// Lists damage on stderr, and below it the way out, if runs are damaged; also all that has been
/// salvaged.
void tell_damage(Session& session, const ImportSummary& summary);
/// The way out alone; nothing for damage that is not of runs.
void tell_way_out(Session& session, const std::vector<std::string>& corruption);

/// Brings the index up to date; notes and damage are told on stderr.
ImportSummary import_all(Session& session, const Tables& tables, const Workspace& workspace);

/// --salvage, the same for every command that imports.
void add_salvage_option(CLI::App& app, bool& salvage);
/// What it does before an import: agrees to what is left of every damaged segment, and tells which
/// ones leave nothing that could be told apart.
void salvage_damaged(Session& session, const Workspace& workspace);

/// {"format": 1, "runs_seen", "records_added", "notes", "salvaged", "damage"}
nlohmann::ordered_json import_json(const ImportSummary& summary);

/// Imports, writes every report file of the study, prints the frontier on stdout (if `frontier`)
/// and on stderr where the files are. integrity: records are damaged; the report is written all the
/// same and says so.
ExitCode make_report(Session& session, const Tables& tables, const Workspace& workspace,
                     const std::string& study, bool frontier = true);

/// Imports, computes the report anew and compares it with the files of the last one; writes none of
/// them. ok: the same bytes; integrity: it tells on stdout which file differs and why.
ExitCode verify_report_files(Session& session, const Tables& tables, const Workspace& workspace,
                             const std::string& study);

/// Imports and prints one exporter's bytes on stdout; nothing is written. Throws UsageError for an
/// unknown name.
ExitCode print_report(Session& session, const Tables& tables, const Workspace& workspace,
                      const std::string& study, const std::string& exporter);

}  // namespace lockstep
