#include "orchestrator/cli/study_report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/launch/launch_error.hpp"
#include "reports/analysis.hpp"
#include "reports/report.hpp"
#include "reports/verify.hpp"
#include "results/record/file_system.hpp"
#include "results/record/run_directory.hpp"
#include "results/store/salvage_records.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kNotesShown = 5;

void tell(Session& session, const std::vector<std::string>& lines, const char* what) {
  for (std::size_t i = 0; i < std::min(lines.size(), kNotesShown); ++i)
    session.say(what + lines[i]);
  if (lines.size() > kNotesShown)
    session.say(fmt::format("{}{} more like this", what, lines.size() - kNotesShown));
}

bool may_write(const Workspace& workspace) {
  return ::access(workspace.root().c_str(), W_OK) == 0 &&
         (::access(workspace.database().c_str(), W_OK) == 0 || errno == ENOENT);
}

struct Imported {
  StudyData data;
  ExitCode code;
};

Imported import_study(Session& session, const Tables& tables, const Workspace& workspace,
                      const std::string& study) {
  const ImportSummary summary = import_all(session, tables, workspace);
  const Store store(workspace.database(), Store::Mode::read_only, tables);
  return {store.study(study, Store::Losses::left_out),
          summary.corruption.empty() ? ExitCode::ok : ExitCode::integrity};
}
}  // namespace

void tell_way_out(Session& session, const std::vector<std::string>& corruption) {
  const bool runs = std::any_of(corruption.begin(), corruption.end(), [](const std::string& line) {
    return line.rfind("runs/", 0) == 0;
  });
  if (!runs) return;
  session.say(
      "the way out: restore a damaged run directory from a copy, or move it away (or delete it); "
      "the study's command then trains that run anew. Or use what is left of its records, if "
      "anything is: " +
      session.command({"import", "--salvage"}));
}

void tell_damage(Session& session, const ImportSummary& summary) {
  // All of them, every time: numbers may rest on less than was recorded.
  for (const std::string& line : summary.salvaged) session.say("damaged: " + line);
  tell(session, summary.corruption, "damaged: ");
  tell_way_out(session, summary.corruption);
}

void add_salvage_option(CLI::App& app, bool& salvage) {
  add_flag(app, "--salvage", salvage,
           "Agree to what is left of damaged records, before and after the damage; what is "
           "missing stays listed");
}

void salvage_damaged(Session& session, const Workspace& workspace) {
  for (const std::string& line : salvage_records(workspace)) session.say("not salvaged: " + line);
}

ImportSummary import_all(Session& session, const Tables& tables, const Workspace& workspace) {
  if (!may_write(workspace)) {
    if (!std::filesystem::exists(workspace.database()))
      throw LaunchError(fmt::format(
          "{} has no index, and you may not write there; ask its owner to run lockstep import, or "
          "copy it",
          workspace.root().string()));
    session.say("you may not write in " + workspace.root().string() +
                ": what its owner has imported is shown, newer records are not");
    return {};
  }
  Store store(workspace.database(), Store::Mode::read_write, tables);
  ImportSummary summary = store.import(workspace);
  tell(session, summary.notes, "note: ");
  tell_damage(session, summary);
  return summary;
}

nlohmann::ordered_json import_json(const ImportSummary& summary) {
  return {{"format", kJsonFormat},
          {"runs_seen", summary.runs_seen},
          {"records_added", summary.records_added},
          {"notes", summary.notes},
          {"salvaged", summary.salvaged},
          {"damage", summary.corruption}};
}

ExitCode make_report(Session& session, const Tables& tables, const Workspace& workspace,
                     const std::string& study, bool frontier) {
  Imported imported = import_study(session, tables, workspace, study);
  const Analysis analysis = analyse(tables, imported.data);
  imported.data = {};  // the texts of a large report need the room
  const auto folder = workspace.report(study);
  make_directories(folder);
  for (const Exporter& exporter : builtin_exporters()) {
    const std::string bytes = exporter.render(analysis);
    const auto path = folder / exporter.file_name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored) && read_file(path) == bytes) continue;
    write_file_atomically(path, bytes);
  }
  if (frontier) session.out() << terminal_frontier(analysis, session.columns(), session.colour());
  session.out().flush();
  std::string names;
  for (const Exporter& exporter : builtin_exporters())
    names += (names.empty() ? "" : ", ") + exporter.file_name;
  session.say(fmt::format("report: {} ({})", folder.string(), names));
  return imported.code;
}

ExitCode verify_report_files(Session& session, const Tables& tables, const Workspace& workspace,
                             const std::string& study) {
  const Imported imported = import_study(session, tables, workspace, study);
  const auto read = [&](const std::string& name) -> std::optional<std::string> {
    const auto path = workspace.report(study) / name;
    if (!std::filesystem::is_regular_file(path)) return {};
    return read_file(path);
  };
  bool all = true;
  for (const FileVerdict& verdict :
       verify_report(analyse(tables, imported.data), builtin_exporters(), read)) {
    session.out() << verdict.file << ": " << verdict.text << "\n";
    all = all && verdict.same;
  }
  if (!all)
    session.say("write the report anew with " + session.command({"report", study}) +
                ", or look into what changed it");
  return all ? imported.code : ExitCode::integrity;
}

ExitCode print_report(Session& session, const Tables& tables, const Workspace& workspace,
                      const std::string& study, const std::string& exporter) {
  const auto exporters = builtin_exporters();
  const auto chosen = std::find_if(exporters.begin(), exporters.end(),
                                   [&](const Exporter& row) { return row.name == exporter; });
  if (chosen == exporters.end())
    throw UsageError(fmt::format("there is no report format '{}'", exporter));
  const Imported imported = import_study(session, tables, workspace, study);
  session.out() << chosen->render(analyse(tables, imported.data));
  return imported.code;
}

}  // namespace lockstep
