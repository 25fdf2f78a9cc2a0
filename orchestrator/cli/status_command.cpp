#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/status_view.hpp"
#include "orchestrator/cli/status_watch.hpp"
#include "orchestrator/cli/study_states.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/schedule/parallel.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"

namespace lockstep {

namespace {
Json to_json(const RunStatus& status) {
  Json json = run_json(status);
  json.update({{"attempts", status.attempts},
               {"progress", status.share},
               {"steps_per_s", status.steps_per_s},
               {"silent_s", status.silent_s},
               {"degraded", !status.degraded.empty()},
               {"degraded_reason", status.degraded},
               {"log", status.log}});
  return json;
}

std::string plain_text(const std::string& study, const std::vector<RunStatus>& states) {
  std::string text;
  for (const RunStatus& status : states) {
    text += plain_line({study, status.id, status.cell, name_of(status.verdict.state),
                        fmt::format("{:.4f}", status.share), std::to_string(status.attempts),
                        status.label, status.verdict.reason, status.log});
  }
  return text;
}

/// One line per run: ten thousand of them are neither collected in a tree nor indented.
std::string json_text(const std::string& study, const std::vector<RunStatus>& states) {
  const Json head{{"format", kJsonFormat}, {"study", study}, {"counts", counts_json(states)}};
  std::vector<std::string> lines(states.size());
  in_parallel(states.size(), [&](std::size_t i) {
    lines[i] = to_json(states[i]).dump(-1, ' ', false, Json::error_handler_t::replace);
  });
  std::string text = head.dump();
  text.back() = ',';
  text += "\n\"runs\":[";
  for (const std::string& line : lines) text.append(text.back() == '[' ? "\n" : ",\n").append(line);
  return text + "]}";
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
           "stopped early (its cell can be on no frontier), blocked (something outside is "
           "missing),\n"
           "unknown (a file cannot be read).\n"
           "--watch ends when nothing is left to happen or nobody works on it, or with Ctrl-C; "
           "both are exit 0, and runs "
           "go on.\n"
           "Example:\n"
           "  lockstep status quickstart --watch\n"
           "  lockstep status quickstart --json | jq '.runs[] | select(.state == \"failed\")'";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_option(app, "study", study_, "Name of a study; all studies if it is left out")
        .not_empty()
        .type_name("STUDY");
    add_flag(app, "--json", json_, "One JSON object on stdout");
    add_flag(app, "--plain", plain_,
             "One line per run, with tabs: study, id, cell, state, progress (0 to 1), "
             "attempts, label, reason, log");
    add_flag(app, "-a,--all", all_, "List the runs that are done, too");
    CommandOption watch =
        add_flag(app, "--watch", watch_, "Look again and again: failures, running runs, time left");
    add_option(app, "--interval", interval_s_, "Seconds between two looks of --watch")
        .between(0.1, 86400)
        .capture_default()
        .needs(watch)
        .type_name("S");
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    require_one_form({{"--json", json_}, {"--plain", plain_}, {"--watch", watch_}});
    const Tables tables = Tables::builtin();
    const Workspace workspace = session.workspace();
    if (watch_ && study_.empty())
      throw UsageError("--watch needs the name of a study; `lockstep status` lists them");
    if (watch_) return watch(session, tables, workspace);
    if (!study_.empty()) {
      const auto states =
          states_of(workspace, study_, load_runs(session, tables, workspace, study_));
      if (json_) {
        session.out() << json_text(study_, states) << '\n';
      } else if (plain_) {
        session.out() << plain_text(study_, states);
      } else {
        show(session, states);
      }
      return ExitCode::ok;
    }
    std::string studies;
    const auto names = workspace.study_names();
    for (const std::string& study : names) {
      const auto states = states_of(workspace, study, load_runs(session, tables, workspace, study));
      if (json_) {
        studies += (studies.empty() ? "" : ",\n") + json_text(study, states);
      } else if (plain_) {
        session.out() << plain_text(study, states);
      } else {
        session.out() << fmt::format("{}: {}\n", study, counts_text(states));
      }
    }
    if (json_) session.out() << "{\"format\":1,\"studies\":[" << studies << "]}\n";
    if (names.empty())
      session.say("no studies yet in " + workspace.root().string() +
                  "; start one: lockstep run SPEC");
    return ExitCode::ok;
  }

 private:
  void show(Session& session, const std::vector<RunStatus>& states) const {
    for (const std::string& line : folded(study_ + ": " + counts_text(states), session.fold(), 2))
      session.out() << line << '\n';
    const StatusView view{.columns = session.fold(), .colour = session.colour(), .all = all_};
    for (const std::string& line : run_lines(states, view)) session.out() << line << '\n';
    if (std::any_of(states.begin(), states.end(), wants_resume))
      session.say("to try what failed again: " + session.command({"resume", study_}));
  }

  ExitCode watch(Session& session, const Tables& tables, const Workspace& workspace) const {
    const auto runs = load_runs(session, tables, workspace, study_);
    SystemTimer timer;
    return watch_status(session, timer, study_, {interval_s_, all_}, [&] {
      return WatchLook{states_of(workspace, study_, runs),
                       supervisor_of(workspace.lock(), study_).has_value()};
    });
  }

  std::string study_;
  bool json_ = false, plain_ = false;
  bool all_ = false;
  bool watch_ = false;
  double interval_s_ = WatchOptions{}.interval_s;
};
}  // namespace

std::unique_ptr<Subcommand> status_command() { return std::make_unique<StatusCommand>(); }

}  // namespace lockstep
