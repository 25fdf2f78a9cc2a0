#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/schedule/doctor.hpp"
#include "orchestrator/schedule/machine_checks.hpp"
#include "results/store/store.hpp"

namespace lockstep {

namespace {
const char* name_of(Check::State state) {
  switch (state) {
    case Check::State::ok:
      return "ok";
    case Check::State::warning:
      return "warning";
    case Check::State::bad:
      return "bad";
  }
  return "bad";
}

/// The index opens and is whole; the answer names SQLite's version.
Check check_index(const Workspace& workspace, const Tables& tables) {
  const std::string library = std::string("SQLite ") + SQLite::getLibVersion();
  std::error_code ignored;
  if (!std::filesystem::exists(workspace.database(), ignored)) {
    return {Check::State::ok, "index", library + ", no index yet", ""};
  }
  try {
    const auto problems = Store(workspace.database(), Store::Mode::read_only, tables).check();
    if (problems.empty()) return {Check::State::ok, "index", library + ", whole", ""};
    return {Check::State::bad, "index", library + ", " + problems.front(), "lockstep db rebuild"};
  } catch (const StoreError& error) {
    return {Check::State::bad, "index", error.what(), "lockstep db rebuild"};
  }
}

/// Of the index as it lies there; nothing where there is none, or it cannot be read, which
/// check_index tells.
std::optional<std::string> journal_mode(const Workspace& workspace) {
  try {
    SQLite::Database db(workspace.database().string(), SQLite::OPEN_READONLY);
    return db.execAndGet("PRAGMA journal_mode").getString();
  } catch (const SQLite::Exception&) {
    return std::nullopt;
  }
}

class DoctorCommand : public Subcommand {
 public:
  const char* name() const override { return "doctor"; }
  const char* summary() const override {
    return "Look for what is wrong with this machine, and say the fix";
  }
  const char* lesson() const override {
    return "Looks at the workspace and its file system (space, locks, links, clock, permissions), "
           "the index,\n"
           "CPU, load, BLAS, data sets, the trainer and MPI, each within a deadline; tries files "
           "in "
           "a folder that it\n"
           "removes again. Each line says what was found and, where that is not good, the fix.\n"
           "Exit code 5 if something must be fixed before a study can run.\n"
           "Example:\n"
           "  lockstep doctor --workspace /scratch/me/workspace";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_flag(app, "--json", json_, "One JSON object on stdout");
    add_flag(app, "--plain", plain_, "One line per check, with tabs: state, name, detail, fix");
    add_data_option(app, data_);
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    require_one_form({{"--json", json_}, {"--plain", plain_}});
    const Tables tables = Tables::builtin();
    const Workspace workspace = session.named_workspace();
    ProcessRunner runner;
    const TrainerSetup trainer{trainer_program(), data_folder(data_), 0, ::geteuid() == 0};
    auto checks = examine({tables, workspace, trainer, runner});
    checks.insert(checks.begin() + 1, check_index(workspace, tables));
    if (const auto mode = journal_mode(workspace)) {
      checks.insert(checks.begin() + 2, check_journal_mode(*mode, SQLite::getLibVersionNumber()));
    }
    const char* term = std::getenv("TERM");
    checks.push_back(check_terminal(session.out_on_tty(), term ? term : "", session.columns()));
    if (json_) {
      show_json(session, checks);
    } else if (plain_) {
      for (const Check& check : checks)
        session.out() << plain_line({name_of(check.state), check.name, check.detail, check.fix});
    } else {
      show(session, checks);
    }
    const bool bad = std::any_of(checks.begin(), checks.end(), [](const Check& check) {
      return check.state == Check::State::bad;
    });
    return bad ? ExitCode::environment : ExitCode::ok;
  }

 private:
  static void show_json(Session& session, const std::vector<Check>& checks) {
    Json json{{"format", kJsonFormat}, {"checks", Json::array()}};
    for (const Check& check : checks) {
      json["checks"].push_back({{"name", check.name},
                                {"state", name_of(check.state)},
                                {"detail", check.detail},
                                {"fix", check.fix}});
    }
    print_json(session, json);
  }

  static void show(Session& session, const std::vector<Check>& checks) {
    for (const Check& check : checks) {
      session.out() << fmt::format("{:<8} {:<22} {}\n", name_of(check.state), check.name,
                                   printable(check.detail));
      if (!check.fix.empty())
        session.out() << fmt::format("{:<31} fix: {}\n", "", printable(check.fix));
    }
  }

  bool json_ = false, plain_ = false;
  std::string data_;
};
}  // namespace

std::unique_ptr<Subcommand> doctor_command() { return std::make_unique<DoctorCommand>(); }

}  // namespace lockstep
