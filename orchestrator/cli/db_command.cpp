#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "orchestrator/cli/study_report.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/launch/launch_error.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"
#include "results/store/file_check.hpp"
#include "results/store/store.hpp"

namespace lockstep {

namespace {
class DbCommand : public Subcommand {
 public:
  const char* name() const override { return "db"; }
  const char* summary() const override { return "Check or rebuild the index (check, rebuild)"; }
  const char* lesson() const override {
    return "lockstep.db holds nothing that the run directories do not: it may be deleted and "
           "rebuilt at any time.\n"
           "check reads the index, every plan and every record file, and lists the damage as "
           "FILE:OFFSET.\n"
           "Exit code 6: the index or the records are damaged.\n"
           "Example:\n"
           "  lockstep db check || lockstep db rebuild";
  }
  void add_options(CLI::App& app, Session& session) override {
    app.add_option(
           "action", action_,
           "check: look for damage in files and index; rebuild: make the index anew from the "
           "files")
        ->required()
        ->check(CLI::IsMember({"check", "rebuild"}))
        ->type_name("ACTION");
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    return action_ == "check" ? check(session) : rebuild_it(session);
  }

 private:
  static ExitCode check(Session& session) {
    const Workspace workspace = session.workspace();
    std::error_code ignored;
    if (!std::filesystem::exists(workspace.root(), ignored)) {
      throw LaunchError(fmt::format("there is no workspace {}; name another one with --workspace",
                                    workspace.root().string()));
    }
    const auto damage = check_files(workspace);
    for (const std::string& line : damage) session.out() << printable(line) << '\n';
    tell_way_out(session, damage);
    const auto problems = index_problems(session, workspace);
    for (const std::string& problem : problems) session.out() << printable(problem) << '\n';
    if (!problems.empty()) {
      session.say("the files are the truth: " + session.command({"db", "rebuild"}));
    }
    if (!damage.empty() || !problems.empty()) return ExitCode::integrity;
    session.out() << "ok\n";
    return ExitCode::ok;
  }

  /// An index that is not there is no problem.
  static std::vector<std::string> index_problems(Session& session, const Workspace& workspace) {
    std::error_code ignored;
    if (!std::filesystem::exists(workspace.database(), ignored)) {
      session.say("there is no index yet; make it: " + session.command({"import"}));
      return {};
    }
    return Store(workspace.database(), Store::Mode::read_only, Tables::builtin()).check();
  }

  static ExitCode rebuild_it(Session& session) {
    const Workspace workspace = session.existing_workspace();
    const WorkspaceLock lock(workspace.lock(), "db rebuild");
    const ImportSummary summary = rebuild(workspace, Tables::builtin());
    tell_damage(session, summary.corruption);
    session.out() << fmt::format("{} runs, {} records\n", summary.runs_seen, summary.records_added);
    return summary.corruption.empty() ? ExitCode::ok : ExitCode::integrity;
  }

  std::string action_;
};
}  // namespace

std::unique_ptr<Subcommand> db_command() { return std::make_unique<DbCommand>(); }

}  // namespace lockstep
