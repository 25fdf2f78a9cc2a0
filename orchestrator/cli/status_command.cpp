#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/study_states.hpp"
#include "orchestrator/cli/subcommand.hpp"

namespace lockstep {

using Json = nlohmann::ordered_json;

namespace {
Json to_json(const std::string& study, const std::vector<RunStatus>& states) {
  Json json{{"format", 1}, {"study", study}, {"counts", Json::object()}, {"runs", Json::array()}};
  for (const auto& [name, count] : counts_of(states)) json["counts"][name] = count;
  for (const RunStatus& status : states) {
    json["runs"].push_back({{"id", status.id},
                            {"label", status.label},
                            {"state", name_of(status.verdict.state)},
                            {"attempts", status.attempts},
                            {"progress", status.share},
                            {"reason", status.verdict.reason},
                            {"log", status.log}});
  }
  return json;
}

/// Failures first, then what runs, then what waits; what is done only on request.
int rank(RunState state) {
  switch (state) {
    case RunState::failed:
      return 0;
    case RunState::blocked:
      return 1;
    case RunState::unknown:
      return 2;
    case RunState::cancelled:
      return 3;
    case RunState::running:
      return 4;
    case RunState::queued:
      return 5;
    case RunState::resumable:
      return 6;
    case RunState::fresh:
      return 7;
    case RunState::diverged:
      return 8;
    case RunState::done:
      return 9;
  }
  return 10;
}

class StatusCommand : public Subcommand {
 public:
  const char* name() const override { return "status"; }
  const char* summary() const override { return "Show the states of runs, and why"; }
  const char* lesson() const override {
    return "Reads the files of the workspace and writes nothing; it may be called while a study "
           "runs.\n"
           "States: new, queued, running, resumable, done, diverged (a result too), failed, "
           "cancelled,\n"
           "blocked (something outside is missing), unknown (a file cannot be read).\n"
           "Example:\n"
           "  lockstep status quickstart\n"
           "  lockstep status quickstart --json | jq '.runs[] | select(.state == \"failed\")'";
  }
  void add_options(CLI::App& app, Session& session) override {
    app.add_option("study", study_, "Name of a study; all studies if it is left out")
        ->type_name("STUDY");
    app.add_flag("--json", json_, "One JSON object on stdout");
    app.add_flag("-a,--all", all_, "List the runs that are done, too");
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    const Tables tables = Tables::builtin();
    const Workspace workspace = session.workspace();
    if (!study_.empty()) {
      const auto states =
          states_of(workspace, study_, load_runs(session, tables, workspace, study_));
      if (json_) {
        session.out() << to_json(study_, states).dump(2) << '\n';
      } else {
        show(session, study_, states);
      }
      return ExitCode::ok;
    }
    Json studies = Json::array();
    const auto names = workspace.study_names();
    for (const std::string& study : names) {
      const auto states = states_of(workspace, study, load_runs(session, tables, workspace, study));
      if (json_) {
        studies.push_back(to_json(study, states));
      } else {
        session.out() << fmt::format("{}: {}\n", study, counts_text(states));
      }
    }
    if (json_) session.out() << Json{{"format", 1}, {"studies", studies}}.dump(2) << '\n';
    if (names.empty())
      session.say("no studies yet in " + workspace.root().string() +
                  "; start one: lockstep run SPEC");
    return ExitCode::ok;
  }

 private:
  void show(Session& session, const std::string& study, std::vector<RunStatus> states) const {
    session.out() << fmt::format("{}: {}\n", study, counts_text(states));
    std::stable_sort(states.begin(), states.end(), [](const RunStatus& a, const RunStatus& b) {
      return rank(a.verdict.state) < rank(b.verdict.state);
    });
    bool failed = false;
    for (const RunStatus& status : states) {
      const RunState state = status.verdict.state;
      if (state == RunState::done && !all_) continue;
      std::string line =
          fmt::format("  {:<9} {}  {}", name_of(state), status.id.substr(0, 12), status.label);
      if (status.share > 0 && status.share < 1)
        line += fmt::format("  {:.0f} %", 100 * status.share);
      if (status.attempts > 1) line += fmt::format("  {} attempts", status.attempts);
      session.out() << line << '\n';
      if (!status.verdict.reason.empty())
        session.out() << "            " << printable(status.verdict.reason) << '\n';
      if (rank(state) <= 2 && !status.log.empty())
        session.out() << "            log: " << status.log << '\n';
      failed = failed || rank(state) <= 3;
    }
    if (failed) session.say("to try what failed again: " + session.command({"resume", study}));
  }

  std::string study_;
  bool json_ = false;
  bool all_ = false;
};
}  // namespace

std::unique_ptr<Subcommand> status_command() { return std::make_unique<StatusCommand>(); }

}  // namespace lockstep
