#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/study_report.hpp"
#include "orchestrator/cli/subcommand.hpp"

namespace lockstep {

namespace {
class ImportCommand : public Subcommand {
 public:
  const char* name() const override { return "import"; }
  const char* summary() const override {
    return "Bring the index up to date with the files of the workspace";
  }
  const char* lesson() const override {
    return "The run directories are the truth; lockstep.db is an index over them. Importing twice "
           "changes nothing.\n"
           "`run` and `report` import by themselves; this is for run directories that were copied "
           "from elsewhere.\n"
           "Exit code 6: records are damaged; what precedes the damage is in the index. --salvage "
           "takes what follows it, too:\n"
           "the gap is listed by every import, report and `db check` until the file is whole "
           "again, a run that lacks\n"
           "records counts for no figure of the report, and the exit code is 0.\n"
           "Example:\n"
           "  rsync -a cluster:workspace/ workspace/ && lockstep import";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_salvage_option(app, salvage_);
    add_flag(app, "--json", json_, "One JSON object on stdout");
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    const Workspace workspace = session.existing_workspace();
    if (salvage_) salvage_damaged(session, workspace);
    const ImportSummary summary = import_all(session, Tables::builtin(), workspace);
    if (json_) {
      print_json(session, import_json(summary));
    } else {
      session.out() << fmt::format("{} runs, {} new records\n", summary.runs_seen,
                                   summary.records_added);
    }
    return summary.corruption.empty() ? ExitCode::ok : ExitCode::integrity;
  }

 private:
  bool json_ = false, salvage_ = false;
};
}  // namespace

std::unique_ptr<Subcommand> import_command() { return std::make_unique<ImportCommand>(); }

}  // namespace lockstep
