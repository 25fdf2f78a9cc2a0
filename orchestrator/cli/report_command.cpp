#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/study_report.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "reports/report.hpp"

namespace lockstep {

namespace {
class ReportCommand : public Subcommand {
 public:
  const char* name() const override { return "report"; }
  const char* summary() const override {
    return "Write the report of a study: Markdown, CSV, JSON, SVG, LaTeX, HTML";
  }
  const char* lesson() const override {
    return "Imports what is new, then writes all formats to WORKSPACE/studies/STUDY/report and "
           "prints the frontier.\n"
           "It may be called while the study runs: what is missing is listed, never guessed.\n"
           "Example:\n"
           "  lockstep report quickstart\n"
           "  lockstep report quickstart --print csv > frontier.csv\n"
           "  lockstep report quickstart --verify\n"
           "Exit codes: 0 written, or the files are what they should be; 6 damaged records, or "
           "--verify found a difference.";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_option(app, "study", study_, "Name of the study").required().type_name("STUDY");
    const CommandOption format =
        add_option(app, "--print", format_, "Print one format on stdout instead of writing files")
            .one_of(formats())
            .type_name("FORMAT");
    add_flag(app, "--json", json_, "The same as --print json").excludes(format);
    add_flag(app, "--verify", verify_,
             "Compute the report anew and compare it with the files; writes none of them");
    add_salvage_option(app, salvage_);
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    if (json_) format_ = "json";
    const Tables tables = Tables::builtin();
    const Workspace workspace = session.workspace();
    load_study(session, tables, workspace, study_);  // a friendly error before anything is made
    if (verify_ && !format_.empty())
      throw UsageError("--verify looks at files, --print makes none: give one of them");
    if (salvage_) salvage_damaged(session, workspace);
    if (verify_) return verify_report_files(session, tables, workspace, study_);
    if (!format_.empty()) return print_report(session, tables, workspace, study_, format_);
    return make_report(session, tables, workspace, study_);
  }

 private:
  static std::vector<std::string> formats() {
    std::vector<std::string> names;
    for (const Exporter& exporter : builtin_exporters()) names.push_back(exporter.name);
    return names;
  }

  std::string study_, format_;
  bool json_ = false, verify_ = false, salvage_ = false;
};
}  // namespace

std::unique_ptr<Subcommand> report_command() { return std::make_unique<ReportCommand>(); }

}  // namespace lockstep
