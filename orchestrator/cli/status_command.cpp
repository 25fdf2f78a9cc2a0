#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>
#include <ostream>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/status_view.hpp"
#include "orchestrator/cli/status_watch.hpp"
#include "orchestrator/cli/study_states.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"

namespace lockstep {

namespace {
void append_json(const RunStatus& status, std::string& text) {
  JsonLine line(text);
  describe_run(status, [&](const char* name, std::string_view value) { line.add(name, value); });
  line.add("attempts", std::int64_t{status.attempts});
  line.add("progress", status.share);
  line.add("steps_per_s", status.steps_per_s);
  line.add("silent_s", status.silent_s);
  line.add("degraded", !status.degraded.empty());
  line.add("degraded_reason", status.degraded);
  line.add("log", status.log);
  line.end();
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

/// One line per run. Ten thousand of them are neither collected in a tree nor in one text.
void write_json(std::ostream& out, const std::string& study, const std::vector<RunStatus>& states) {
  constexpr std::size_t kFull = std::size_t{64} << 10;  // bytes: a pipe takes no more at once
  std::string text =
      Json{{"format", kJsonFormat}, {"study", study}, {"counts", counts_json(states)}}.dump();
  text.back() = ',';
  text += "\n\"runs\":[";
  for (const RunStatus& status : states) {
    text += &status == &states.front() ? "\n" : ",\n";
    append_json(status, text);
    if (text.size() < kFull) continue;
    out << text;
    text.clear();
  }
  out << text << "]}";
}

void write_json(std::ostream& out, const std::vector<std::string>& names,
                const std::vector<std::vector<RunStatus>>& studies) {
  out << "{\"format\":" << kJsonFormat << ",\"studies\":[";
  for (std::size_t i = 0; i < names.size(); ++i) {
    out << (i == 0 ? "" : ",\n");
    write_json(out, names[i], studies[i]);
  }
  out << "]}\n";
}

/// A study's journal and its plans, read at the same time.
std::vector<RunStatus> look_at(Session& session, const Tables& tables, const Workspace& workspace,
                               const std::string& study) {
  const auto at_once = std::launch::async | std::launch::deferred;  // where a thread can be had
  auto journal = std::async(
      at_once, [&] { return std::make_unique<const Submissions>(workspace.submissions(study)); });
  auto runs = load_runs(session, tables, workspace, study);
  return states_of(workspace, *journal.get(), std::move(runs));
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
      const auto states = look_at(session, tables, workspace, study_);
      if (json_) {
        write_json(session.out(), study_, states);
        session.out() << '\n';
      } else if (plain_) {
        session.out() << plain_text(study_, states);
      } else {
        show(session, states);
      }
      return ExitCode::ok;
    }
    const auto names = workspace.study_names();
    std::vector<std::vector<RunStatus>> studies;  // for JSON, which is written whole or not at all
    for (const std::string& study : names) {
      const auto& states = studies.emplace_back(look_at(session, tables, workspace, study));
      if (json_) continue;
      session.out() << (plain_ ? plain_text(study, states)
                               : fmt::format("{}: {}\n", study, counts_text(states)));
      studies.clear();
    }
    if (json_) write_json(session.out(), names, studies);
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
      return WatchLook{states_of(workspace, Submissions(workspace.submissions(study_)), runs),
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
