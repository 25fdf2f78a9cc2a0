#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/study_report.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/launch/launch_error.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"
#include "results/store/file_check.hpp"
#include "results/store/store.hpp"

namespace lockstep {

namespace {
class DbCommand : public Subcommand {
 public:
  const char* name() const override { return "db"; }
  const char* summary() const override {
    return "Check, rebuild or back up the index (check, rebuild, backup)";
  }
  const char* lesson() const override {
    return "lockstep.db holds nothing that the run directories do not: it may be deleted and "
           "rebuilt at any time.\n"
           "check reads the index, every plan and every record file, and lists the damage as "
           "FILE:OFFSET.\n"
           "backup copies the index as one moment has it, also while runs are imported, to a new "
           "file that it checks;\n"
           "never copy a live lockstep.db by other means.\n"
           "Exit code 6: the index or the records are damaged.\n"
           "Example:\n"
           "  lockstep db check || lockstep db rebuild\n"
           "  lockstep db backup lockstep-2026-11-22.db";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_option(app, "action", action_,
               "check: look for damage in files and index; rebuild: make the index anew from the "
               "files; backup: copy the index to FILE")
        .required()
        .one_of({"check", "rebuild", "backup"})
        .type_name("ACTION");
    add_option(app, "file", file_,
               "For backup: the new file; lockstep-<time>.db in the workspace if left out")
        .not_empty()
        .type_name("FILE");
    add_salvage_option(app, salvage_);
    add_flag(app, "--json", json_, "One JSON object on stdout");
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    if (action_ == "backup") return backup(session);
    if (!file_.empty()) throw UsageError("only `lockstep db backup` takes a file");
    if (salvage_ && action_ != "rebuild")
      throw UsageError("--salvage goes with `lockstep db rebuild`, `import` and `report`");
    return action_ == "check" ? check(session) : rebuild_it(session);
  }

 private:
  ExitCode check(Session& session) const {
    const Workspace workspace = session.workspace();
    std::error_code ignored;
    if (!std::filesystem::exists(workspace.root(), ignored)) {
      throw LaunchError(fmt::format("there is no workspace {}; name another one with --workspace",
                                    workspace.root().string()));
    }
    const FileDamage damage = check_files(workspace);
    tell_lines(session, damage.corruption);
    tell_lines(session, damage.salvaged);
    tell_way_out(session, damage.corruption);
    const auto problems = index_problems(session, workspace);
    tell_lines(session, problems);
    if (!problems.empty()) {
      session.say("the files are the truth: " + session.command({"db", "rebuild"}));
    }
    const bool good = damage.empty() && problems.empty();
    if (json_) {
      print_json(session, {{"format", kJsonFormat},
                           {"ok", good},
                           {"damage", damage.corruption},
                           {"salvaged", damage.salvaged},
                           {"index_damage", problems}});
    } else if (good) {
      session.out() << "ok\n";
    }
    return good ? ExitCode::ok : ExitCode::integrity;
  }

  void tell_lines(Session& session, const std::vector<std::string>& lines) const {
    if (json_) return;
    for (const std::string& line : lines) session.out() << printable(line) << '\n';
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

  ExitCode rebuild_it(Session& session) const {
    const Workspace workspace = session.existing_workspace();
    const WorkspaceLock lock(workspace.lock(), "db rebuild");
    if (salvage_) salvage_damaged(session, workspace);
    const ImportSummary summary = rebuild(workspace, Tables::builtin());
    tell_damage(session, summary);
    if (json_) {
      print_json(session, import_json(summary));
    } else {
      session.out() << fmt::format("{} runs, {} records\n", summary.runs_seen,
                                   summary.records_added);
    }
    return summary.corruption.empty() ? ExitCode::ok : ExitCode::integrity;
  }

  /// Reads the index alone: what is not imported yet is in the files.
  ExitCode backup(Session& session) const {
    const Workspace workspace = session.workspace();
    std::error_code ignored;
    if (!std::filesystem::exists(workspace.database(), ignored)) {
      throw LaunchError(fmt::format("there is no index in {} to back up; make it: {}",
                                    workspace.root().string(), session.command({"import"})));
    }
    std::string stamp = utc_now();
    stamp.erase(std::remove(stamp.begin(), stamp.end(), ':'), stamp.end());
    const std::filesystem::path target = std::filesystem::absolute(
        file_.empty() ? workspace.root() / fmt::format("lockstep-{}.db", stamp)
                      : std::filesystem::path(file_));
    Store(workspace.database(), Store::Mode::read_only, Tables::builtin()).backup(target);
    const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(target));
    if (json_) {
      print_json(session, {{"format", kJsonFormat}, {"path", target.string()}, {"bytes", bytes}});
    } else {
      session.out() << fmt::format("{}\n", target.string());
    }
    return ExitCode::ok;
  }

  std::string action_, file_;
  bool json_ = false, salvage_ = false;
};
}  // namespace

std::unique_ptr<Subcommand> db_command() { return std::make_unique<DbCommand>(); }

}  // namespace lockstep
