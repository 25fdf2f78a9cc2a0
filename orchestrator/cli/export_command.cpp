#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>

#include "orchestrator/cli/arguments.hpp"
#include "orchestrator/cli/row_writers.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/study_report.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "results/record/file_system.hpp"

namespace lockstep {

namespace {
const std::map<std::string, Extract> kWhat{{"records", Extract::records},
                                           {"syncs", Extract::syncs},
                                           {"runs", Extract::runs},
                                           {"cells", Extract::cells}};

/// A file that appears under its name when all of it is there.
class NewFile {
 public:
  explicit NewFile(const std::filesystem::path& target)
      : target_(std::filesystem::absolute(target)),
        partial_(target_.parent_path() /
                 fmt::format(".{}.tmp-{}", target_.filename().string(), ::getpid())),
        out_(partial_, std::ios::binary | std::ios::trunc) {
    if (!out_) throw write_error("cannot create", target_, errno, "name another file with -o");
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() { ::unlink(partial_.c_str()); }

  std::ostream& out() { return out_; }
  void publish() {
    errno = 0;
    out_.close();
    if (!out_) throw write_error("cannot write", target_, errno, "is the disk full?");
    if (::rename(partial_.c_str(), target_.c_str()) != 0)
      throw write_error("cannot publish", target_, errno, "");
  }

 private:
  std::filesystem::path target_, partial_;
  std::ofstream out_;
};

class ExportCommand : public Subcommand {
 public:
  const char* name() const override { return "export"; }
  const char* summary() const override {
    return "Write every record of a study as CSV or JSON Lines, for other tools";
  }
  const char* lesson() const override {
    return "Imports what is new, then streams one table. What:\n"
           "  records  long form: study, run, cell, attempt, seq, step, type, kind, name, value\n"
           "  runs     one row per run: all its parameters, how it ended, where its seconds went\n"
           "  cells    one row per cell: runs, done, diverged, mean validation accuracy\n"
           "  syncs    one row per sync record: steps, bytes, seconds\n"
           "Only the history that counts: what a resumed attempt replayed is left out.\n"
           "Example:\n"
           "  lockstep export quickstart --what runs -o runs.csv\n"
           "  lockstep export quickstart --format jsonl | jq 'select(.name == \"accuracy\")'\n"
           "  python3 -c 'import pandas; print(pandas.read_csv(\"runs.csv\"))'";
  }
  void add_options(CLI::App& app, Session& session) override {
    app.add_option("study", study_, "Name of the study")->required()->type_name("STUDY");
    app.add_option("--what", what_, "records, runs, cells or syncs")
        ->check(CLI::IsMember(kWhat))
        ->capture_default_str()
        ->type_name("TABLE");
    app.add_option("--format", format_, "csv, or jsonl: one JSON object per line")
        ->check(CLI::IsMember({"csv", "jsonl"}))
        ->capture_default_str()
        ->type_name("FORMAT");
    app.add_option("-o,--output", output_,
                   "File to write, in place of one that is there; stdout if it is left out, or -")
        ->check(not_empty())
        ->type_name("FILE");
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    const Tables tables = Tables::builtin();
    const Workspace workspace = session.workspace();
    load_runs(session, tables, workspace, study_);  // a friendly error before anything is made
    const ImportSummary summary = import_all(session, tables, workspace);
    const Store store(workspace.database(), Store::Mode::read_only, tables);
    if (output_.empty() || output_ == "-") {
      write(store, session.out());
    } else {
      NewFile file(output_);
      write(store, file.out());
      file.publish();
    }
    return summary.corruption.empty() ? ExitCode::ok : ExitCode::integrity;
  }

 private:
  void write(const Store& store, std::ostream& out) const {
    CsvRows csv(out);
    JsonRows json(out);
    RowSink& sink = format_ == "csv" ? static_cast<RowSink&>(csv) : json;
    store.extract(study_, kWhat.at(what_), sink);
  }

  std::string study_, output_;
  std::string what_ = "records", format_ = "csv";
};
}  // namespace

std::unique_ptr<Subcommand> export_command() { return std::make_unique<ExportCommand>(); }

}  // namespace lockstep
