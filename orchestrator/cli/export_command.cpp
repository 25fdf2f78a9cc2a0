#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/output_file.hpp"
#include "orchestrator/cli/row_writers.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/study_report.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "results/bundle/bundle.hpp"
#include "results/record/file_system.hpp"

namespace lockstep {

namespace {
constexpr const char* kBundle = "bundle";
const std::map<std::string, Extract> kTables{{"records", Extract::records},
                                             {"syncs", Extract::syncs},
                                             {"runs", Extract::runs},
                                             {"cells", Extract::cells}};

class ExportCommand : public Subcommand {
 public:
  const char* name() const override { return "export"; }
  const char* summary() const override {
    return "Write every record of a study as CSV or JSON Lines, or all of it as one file for an "
           "archive";
  }
  const char* lesson() const override {
    return "Imports what is new, then streams one table. What:\n"
           "  records  long form: study, run, cell, attempt, seq, step, type, kind, name, value\n"
           "  runs     one row per run: all its parameters, how it ended, where its seconds went\n"
           "  cells    one row per cell: runs, done, diverged, mean validation accuracy\n"
           "  syncs    one row per sync record: steps, bytes, seconds\n"
           "  bundle   all of it, for an archive: spec, records, environments, calibrations, "
           "report and\n"
           "           their hashes as a .tar.gz that unpacks to a workspace\n"
           "Tables have only the history that counts: what a resumed attempt replayed is left "
           "out.\n"
           "Example:\n"
           "  lockstep export quickstart --what runs -o runs.csv\n"
           "  lockstep export quickstart --format jsonl | jq 'select(.name == \"accuracy\")'\n"
           "  python3 -c 'import pandas; print(pandas.read_csv(\"runs.csv\"))'\n"
           "  lockstep export quickstart --what bundle -o quickstart.tar.gz";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_option(app, "study", study_, "Name of the study").required().type_name("STUDY");
    add_option(app, "--what", what_, "records, runs, cells, syncs or bundle")
        .one_of({"records", "runs", "cells", "syncs", kBundle})
        .capture_default()
        .type_name("WHAT");
    format_option_ = add_option(app, "--format", format_, "csv, or jsonl: one JSON object per line")
                         .one_of({"csv", "jsonl"})
                         .capture_default()
                         .type_name("FORMAT");
    add_flag(app, "--models", models_, "Put the trained models into the bundle too");
    add_option(app, "-o,--output", output_,
               "File to write, in place of one that is there; stdout if it is left out, or -")
        .not_empty()
        .type_name("FILE");
    add_flag(app, "--json", json_, "One JSON object on stdout about the file of -o");
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    check_options();
    const Tables tables = Tables::builtin();
    const Workspace workspace = session.workspace();
    const auto runs =
        load_runs(session, tables, workspace, study_);  // a friendly error comes first
    if (what_ == kBundle) return bundle(session, workspace, runs);
    const ImportSummary summary = import_all(session, tables, workspace);
    const Store store(workspace.database(), Store::Mode::read_only, tables);
    write(session, [&](std::ostream& out) {
      CsvRows csv(out);
      JsonRows json(out);
      RowSink& sink = format_ == "csv" ? static_cast<RowSink&>(csv) : json;
      store.extract(study_, kTables.at(what_), sink);
    });
    tell(session);
    return summary.corruption.empty() ? ExitCode::ok : ExitCode::integrity;
  }

 private:
  bool to_file() const { return !output_.empty() && output_ != "-"; }

  void tell(Session& session) const {
    if (!json_) return;
    const auto path = std::filesystem::absolute(output_);
    std::error_code unknown;  // of a pipe
    const auto bytes = std::filesystem::file_size(path, unknown);
    print_json(session,
               {{"format", kJsonFormat},
                {"study", study_},
                {"what", what_},
                {"path", path.string()},
                {"bytes", unknown ? Json(nullptr) : Json(static_cast<std::int64_t>(bytes))}});
  }

  void check_options() const {
    if (json_ && !to_file())
      throw UsageError("--json is about a file: name it with -o; rows as JSON are --format jsonl");
    if (what_ != kBundle && models_) throw UsageError("--models goes with --what bundle only");
    if (what_ != kBundle) return;
    if (format_option_->given())
      throw UsageError("a bundle is a .tar.gz of all records as they are: leave --format out");
    if (output_.empty())
      throw UsageError(fmt::format("a bundle is a binary file: name it, -o {}.tar.gz", study_));
  }

  /// `to(stream)` writes to the file that was asked for, or to stdout.
  template <class To>
  void write(Session& session, To to) const {
    if (!to_file()) return to(session.out());
    OutputFile file(output_);
    to(file.out());
    file.publish();
  }

  ExitCode bundle(Session& session, const Workspace& workspace,
                  const std::vector<ListedRun>& runs) const {
    std::vector<std::string> ids;
    for (const ListedRun& run : runs) ids.push_back(run.id);
    const std::vector<BundleFile> files = bundle_files(workspace, study_, ids, models_);
    write(session, [&](std::ostream& out) { write_bundle(out, study_, files); });
    std::error_code none;
    if (!std::filesystem::exists(workspace.report(study_), none))
      session.say("the bundle has no report; make one first: " +
                  session.command({"report", study_}));
    session.say(fmt::format("bundle of {} files of {} runs", files.size(), ids.size()));
    tell(session);
    return ExitCode::ok;
  }

  std::string study_, output_;
  std::string what_ = "records", format_ = "csv";
  bool models_ = false, json_ = false;
  std::optional<CommandOption> format_option_;
};
}  // namespace

std::unique_ptr<Subcommand> export_command() { return std::make_unique<ExportCommand>(); }

}  // namespace lockstep
