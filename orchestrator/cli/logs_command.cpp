#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/log_reader.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/run_lookup.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/study_states.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/launch/timer.hpp"
#include "orchestrator/schedule/directory_facts.hpp"
#include "orchestrator/schedule/run_story.hpp"
#include "orchestrator/schedule/stop_signals.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"

namespace lockstep {

namespace {
constexpr double kLookS = 0.2;
constexpr std::size_t kRunsShown = 10;

struct Log {
  std::string title;  ///< "3fa2..., attempt 2"
  std::string path;
};

std::string title_of(const std::string& run, const ExecutionStory& story) {
  return fmt::format("{}, {}", run.substr(0, 12),
                     story.attempt > 0 ? fmt::format("attempt {}", story.attempt)
                                       : fmt::format("start {}", story.submission));
}

/// What supervisors of the study have said, oldest first: their names begin with the time.
std::vector<std::string> supervisor_logs(const Workspace& workspace, const std::string& study) {
  std::vector<std::string> logs;
  std::error_code none;
  for (const auto& entry :
       std::filesystem::directory_iterator(workspace.submissions(study), none)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("supervisor-", 0) == 0) logs.push_back(entry.path().string());
  }
  std::sort(logs.begin(), logs.end());
  return logs;
}

class LogsCommand : public Subcommand {
 public:
  const char* name() const override { return "logs"; }
  const char* summary() const override { return "Show what a run, or a study's failures, printed"; }
  const char* lesson() const override {
    return "Of a run, by the first digits of its id: the job log of its newest attempt. Of a "
           "study: "
           "the log of its\n"
           "supervisor, if `submit` started one, and those of the runs that failed. -f goes on "
           "with what is appended,\n"
           "over all attempts, until the run (or the supervisor) has ended. Logs go to stdout as "
           "they are, their\n"
           "names to stderr.\n"
           "Exit codes: 0 shown; 2 no such run, study or attempt; 130 Ctrl-C while following.\n"
           "Example:\n"
           "  lockstep logs quickstart             # why did runs fail?\n"
           "  lockstep logs 3fa2 -f";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_option(app, "what", what_, "First digits of a run's id, or a study")
        .required()
        .type_name("RUN|STUDY");
    const CommandOption follow =
        add_flag(app, "-f,--follow", follow_, "Go on with what is appended");
    add_option(app, "-n,--lines", lines_, "Last lines of each log; 0 for all")
        .capture_default()
        .between(0, 1e9)
        .type_name("N");
    add_option(app, "--attempt", attempt_, "That attempt of the run, not the newest")
        .between(1, 1e6)
        .type_name("N");
    add_flag(app, "--json", json_, "One JSON object on stdout: title, path and text of each log")
        .excludes(follow);
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    const Tables tables = Tables::builtin();
    const Workspace workspace = session.workspace();
    const auto studies = workspace.study_names();
    if (std::find(studies.begin(), studies.end(), what_) != studies.end())
      return of_study(session, tables, workspace);
    return of_run(session, workspace, found(session, tables, workspace, studies));
  }

 private:
  FoundRun found(Session& session, const Tables& tables, const Workspace& workspace,
                 const std::vector<std::string>& studies) const {
    try {
      return find_run(session, tables, workspace, what_);
    } catch (const UsageError&) {
      // Digits of an id are hexadecimal: anything else was meant to be a study.
      const bool digits = what_.find_first_not_of("0123456789abcdef") == std::string::npos;
      const auto near = nearest(what_, studies);
      if (digits && !near) throw;
      throw UsageError(fmt::format(
          "there is no study or run '{}'; {}", printable(what_),
          near ? fmt::format("did you mean '{}'?", *near) : "`lockstep status` lists the studies"));
    }
  }

  ExitCode of_study(Session& session, const Tables& tables, const Workspace& workspace) {
    if (attempt_ > 0) throw UsageError("--attempt is for one run: give the first digits of its id");
    const auto supervisors = supervisor_logs(workspace, what_);
    if (follow_) {
      if (supervisors.empty()) {
        throw UsageError(fmt::format(
            "study {} was not submitted, so no log of a supervisor is there to follow; follow one "
            "of its runs: lockstep logs RUN -f",
            what_));
      }
      return follow(
          session,
          [&] {
            return Log{"supervisor", supervisors.back()};
          },
          [&] { return supervisor_of(workspace.lock(), what_).has_value(); });
    }
    std::vector<Log> logs;
    if (!supervisors.empty()) logs.push_back({"supervisor", supervisors.back()});
    std::size_t failed = 0;
    for (const RunStatus& status :
         states_of(workspace, load_study(session, tables, workspace, what_))) {
      const RunState state = status.verdict.state;
      if (state != RunState::failed && state != RunState::blocked && state != RunState::unknown)
        continue;
      if (!status.log.empty() && ++failed <= kRunsShown)
        logs.push_back({status.id.substr(0, 12) + " " + status.label, status.log});
    }
    show(session, logs);
    if (failed > kRunsShown) {
      session.say(fmt::format("and {} more that failed: {}", failed - kRunsShown,
                              session.command({"status", what_})));
    }
    if (failed == 0) session.say(fmt::format("no run of {} has failed", what_));
    return ExitCode::ok;
  }

  ExitCode of_run(Session& session, const Workspace& workspace, const FoundRun& run) {
    if (follow_ && attempt_ == 0) return follow_run(session, workspace, run);
    const Log log = log_of(workspace, run);
    if (follow_) {
      return follow(
          session, [&] { return log; },
          [&] { return at_work(workspace, run, facts_of(workspace, run)); });
    }
    if (log.path.empty()) {
      session.say(fmt::format("run {} has printed nothing yet; {} says why", run.id.substr(0, 12),
                              session.command({"why", run.id.substr(0, 12)})));
    } else {
      show(session, {log});
    }
    return ExitCode::ok;
  }

  ExitCode follow_run(Session& session, const Workspace& workspace, const FoundRun& run) const {
    RunFacts facts;
    std::string log;
    const ExitCode code = follow(
        session,
        [&] {
          return Log{run.id.substr(0, 12), log};
        },
        [&] {
          const Submissions submissions = journal_of(workspace, run);
          facts = DirectoryFacts(workspace, submissions).facts(run.id);
          log = newest_log(workspace.run(run.id), submissions, facts);
          return at_work(workspace, run, facts);
        });
    const Verdict verdict = judge(facts, RetryPolicy{});
    session.say(fmt::format("{}: {}{}{}", run.id.substr(0, 12), name_of(verdict.state),
                            verdict.reason.empty() ? "" : ": ", verdict.reason));
    return code;
  }

  static RunFacts facts_of(const Workspace& workspace, const FoundRun& run) {
    const Submissions submissions = journal_of(workspace, run);
    return DirectoryFacts(workspace, submissions).facts(run.id);
  }

  /// Or will be, by whoever supervises its study.
  static bool at_work(const Workspace& workspace, const FoundRun& run, const RunFacts& facts) {
    const RunState state = judge(facts, RetryPolicy{}).state;
    if (state == RunState::running || state == RunState::queued) return true;
    return wants_to_run(state) && !run.study.empty() &&
           supervisor_of(workspace.lock(), run.study).has_value();
  }

  static Submissions journal_of(const Workspace& workspace, const FoundRun& run) {
    return Submissions(run.study.empty() ? std::filesystem::path()
                                         : workspace.submissions(run.study));
  }

  /// The log of --attempt, else of the newest execution that has one; an empty path if none has.
  Log log_of(const Workspace& workspace, const FoundRun& run) const {
    const RunStory story = read_run_story(workspace.run(run.id), journal_of(workspace, run));
    for (auto it = story.executions.rbegin(); it != story.executions.rend(); ++it) {
      if (attempt_ == 0 && !it->log.empty()) return {title_of(run.id, *it), it->log};
      if (attempt_ == 0 || it->attempt != attempt_) continue;
      if (!it->log.empty()) return {title_of(run.id, *it), it->log};
      throw UsageError(fmt::format("attempt {} of run {} has left no log", attempt_, run.id));
    }
    if (attempt_ > 0) {
      throw UsageError(fmt::format("run {} has no attempt {}; it has had {}", run.id.substr(0, 12),
                                   attempt_, workspace.run(run.id).claimed_attempts().size()));
    }
    return {};
  }

  void show(Session& session, const std::vector<Log>& logs) const {
    Json json{{"format", kJsonFormat}, {"logs", Json::array()}};
    for (const Log& log : logs) {
      const std::string text = LogReader(log.path).tail(lines_);
      if (json_) {
        json["logs"].push_back({{"title", log.title}, {"path", log.path}, {"text", text}});
      } else {
        announce(session, log);
        session.out() << shown(session, text) << std::flush;
      }
    }
    if (json_) print_json(session, json);
  }

  static void announce(Session& session, const Log& log) {
    session.say(fmt::format("{}: {}", log.title, log.path));
  }

  /// A terminal must not obey what a run has printed; a file gets every byte.
  static std::string shown(const Session& session, const std::string& text) {
    return session.out_on_tty() ? printable(text) : text;
  }

  /// Shows newest() until it has ended and nobody goes on; newest() may become another log.
  template <typename Newest, typename GoesOn>
  ExitCode follow(Session& session, const Newest& newest, const GoesOn& goes_on) const {
    const StopSignals signals;
    SystemTimer timer;
    LogReader reader("");
    while (signals.count() == 0) {
      const bool more = goes_on();  // asked first: what comes before the end is not missed
      const Log log = newest();
      if (!log.path.empty() && log.path != reader.path().string()) {
        session.out() << shown(session, reader.more());
        reader = LogReader(log.path);
        announce(session, log);
        session.out() << shown(session, reader.tail(lines_)) << std::flush;
      }
      session.out() << shown(session, reader.more()) << std::flush;
      if (!more) return ExitCode::ok;
      if (!session.out()) return ExitCode::ok;  // whoever read has gone
      timer.sleep_s(kLookS);
    }
    return ExitCode::interrupted;
  }

  std::string what_;
  bool follow_ = false, json_ = false;
  int lines_ = 50, attempt_ = 0;
};
}  // namespace

std::unique_ptr<Subcommand> logs_command() { return std::make_unique<LogsCommand>(); }

}  // namespace lockstep
