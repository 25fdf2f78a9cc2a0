#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/run_lookup.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/schedule/directory_facts.hpp"
#include "orchestrator/schedule/progress.hpp"
#include "orchestrator/schedule/run_state.hpp"
#include "orchestrator/schedule/run_story.hpp"

namespace lockstep {

namespace {
std::string from_where(const RunStory& story) {
  const StoredCheckpoint* next = story.next_checkpoint();
  if (!next)
    return story.checkpoints.empty() ? "from the start" : "from the start (no checkpoint is whole)";
  return fmt::format("from checkpoint {} ({})", next->name.text(),
                     bytes_text(static_cast<double>(next->state.bytes)));
}

/// What the next `run` or `resume` would do.
std::string next_of(Session& session, const FoundRun& run, RunState state, const RunStory& story) {
  const std::string resume =
      run.study.empty() ? "`lockstep resume STUDY`" : session.command({"resume", run.study});
  switch (state) {
    case RunState::done:
      return "nothing: it has its result";
    case RunState::diverged:
      return "nothing: that it diverges is its result, and it would do so again";
    case RunState::queued:
    case RunState::running:
      return "nothing: it is being worked on";
    case RunState::fresh:
    case RunState::resumable:
      return "`lockstep run` starts it " + from_where(story);
    case RunState::blocked:
      return "once what is missing is there, `lockstep run` starts it " + from_where(story);
    case RunState::failed:
    case RunState::cancelled:
      return fmt::format("`lockstep run` leaves it alone; {} starts it {}", resume,
                         from_where(story));
    case RunState::stopped_early:
      return fmt::format("`lockstep run` leaves it alone; {} trains it to its end {}", resume,
                         from_where(story));
    case RunState::unknown:
      return "nothing, until the file can be read or the run directory is moved away";
  }
  return "";
}

/// "58 kB, validation accuracy 83.1 % at step 90", or what is wrong with it.
std::string look_of(const CheckpointState& state) {
  if (!state.problem.empty()) return state.problem;
  const std::string bytes = bytes_text(static_cast<double>(state.bytes));
  if (!state.validation) return bytes;
  return fmt::format("{}, validation accuracy {:.1f} % at step {}", bytes,
                     100 * state.validation->accuracy, state.validation->step);
}

/// "checkpointed (exit 75)": how an execution ended.
std::string ending_of(const ExecutionStory& story, bool at_work) {
  std::string text = story.reason ? name_of(*story.reason) : "";
  if (!story.detail.empty() && story.detail != text)
    text += (text.empty() ? "" : ": ") + story.detail;
  if (text.empty() && story.exit_code.value_or(0) > 128) text = killed_by(*story.exit_code - 128);
  if (text.empty()) {
    text = at_work ? "is at work" : story.exit_code ? "no result" : "lost: its processes are gone";
  }
  if (story.exit_code) text += fmt::format(" (exit {})", *story.exit_code);
  return text;
}

class WhyCommand : public Subcommand {
 public:
  const char* name() const override { return "why"; }
  const char* summary() const override { return "Tell in plain words how a run came to its state"; }
  const char* lesson() const override {
    return "From the run's own files: what was asked, every attempt with where it began, how far "
           "it "
           "came and how it\n"
           "ended, which checkpoints were written, taken and rejected, which steps had to be taken "
           "again, and what\n"
           "`run` or `resume` would do next. Changes nothing.\n"
           "Exit codes: 0 told, whatever the state; 2 no such run, or not one only; 6 a plan "
           "cannot be read.\n"
           "Example:\n"
           "  lockstep status quickstart     # ids stand in front of the labels\n"
           "  lockstep why 3fa2              # first digits are enough";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_option(app, "run", prefix_, "First digits of the run's id")
        .required()
        .not_empty()
        .type_name("RUN");
    add_flag(app, "--json", json_, "One JSON object on stdout");
    add_flag(app, "--plain", plain_,
             "One line per fact, with a tab: its head as it is shown (empty: goes on), its text");
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    require_one_form({{"--json", json_}, {"--plain", plain_}});
    const Tables tables = Tables::builtin();
    const Workspace workspace = session.workspace();
    const FoundRun run = find_run(session, tables, workspace, prefix_);
    const Submissions submissions(run.study.empty() ? std::filesystem::path()
                                                    : workspace.submissions(run.study));
    DirectoryFacts files(workspace, submissions);
    const Verdict verdict = judge(files.facts(run.id), RetryPolicy{});
    const RunStory story = read_run_story(workspace.run(run.id), submissions);
    const std::string next = next_of(session, run, verdict.state, story);
    if (json_) {
      show_json(session, workspace, run, verdict, story, next);
    } else {
      show(session, workspace, run, verdict, story, next);
    }
    return ExitCode::ok;
  }

 private:
  void show(Session& session, const Workspace& workspace, const FoundRun& run,
            const Verdict& verdict, const RunStory& story, const std::string& next) const {
    const auto line = [&](const std::string& head, const std::string& text) {
      session.out() << (plain_ ? plain_line({head, text})
                               : fmt::format("  {:<11} {}\n", head, printable(text)));
    };
    if (plain_) {
      line("run", run.id);
      line("label", run.label);
    } else {
      session.out() << fmt::format("{}  {}\n", run.id, printable(run.label));
    }
    const bool quiet = verdict.reason.empty();
    line("state", name_of(verdict.state) + std::string(quiet ? "" : ": " + verdict.reason));
    line("asked by", askers(run));
    const bool busy = verdict.state == RunState::running || verdict.state == RunState::queued;
    for (const ExecutionStory& execution : story.executions)
      tell(line, execution, busy && &execution == &story.executions.back());
    for (const StoredCheckpoint& checkpoint : story.checkpoints) {
      line("checkpoint", fmt::format("{}, {}", checkpoint.name.text(), look_of(checkpoint.state)));
    }
    if (verdict.infrastructure_failures > 0) {
      line("retries", fmt::format("{} of {} failures of machine or network are used up",
                                  verdict.infrastructure_failures, RetryPolicy{}.infrastructure));
    }
    line("next", next);
    line("files", workspace.run(run.id).path().string());
  }

  static std::string askers(const FoundRun& run) {
    if (run.study.empty()) {
      return run.unread.empty() ? "no plan of any study (`lockstep gc --orphans`)"
                                : fmt::format("no plan that can be read; those of {} cannot",
                                              fmt::join(run.unread, ", "));
    }
    if (run.others.empty()) return "study " + run.study;
    return fmt::format("studies {}, {}", run.study, fmt::join(run.others, ", "));
  }

  template <typename Line>
  static void tell(const Line& line, const ExecutionStory& story, bool at_work) {
    const std::string head = story.attempt > 0 ? fmt::format("attempt {}", story.attempt)
                                               : fmt::format("start {}", story.submission);
    std::string text = "claimed no attempt";
    if (story.attempt > 0 && !story.header)
      text = story.damage.empty() ? "wrote no records" : "its records cannot be read";
    if (story.header) {
      const auto& from = story.header->resumed_from;
      text = fmt::format(
          "on {}, {}: {}, reached step {}", story.header->host, story.header->started_at,
          from ? fmt::format("from {}", from->checkpoint) : "from the start", story.reached);
    }
    line(head, text + "; " + ending_of(story, at_work));
    if (story.stopped) line("", "it was asked to stop");
    for (const std::string& warning : story.warnings) line("", warning);
    if (!story.damage.empty()) line("", "damaged: " + story.damage);
    if (story.replayed > 0)
      line("", fmt::format("its last {} were taken again by a later attempt",
                           counted(static_cast<std::size_t>(story.replayed), "step")));
    if (story.forgiven) line("", "forgiven: the study was resumed after it");
    if (!story.log.empty()) line("", "log: " + story.log);
  }

  static void show_json(Session& session, const Workspace& workspace, const FoundRun& run,
                        const Verdict& verdict, const RunStory& story, const std::string& next) {
    Json json{{"format", kJsonFormat},
              {"study", run.study},
              {"other_studies", run.others},
              {"id", run.id},
              {"cell", run.cell},
              {"label", run.label},
              {"state", name_of(verdict.state)},
              {"reason", verdict.reason},
              {"next", next},
              {"directory", workspace.run(run.id).path().string()},
              {"executions", Json::array()},
              {"checkpoints", Json::array()}};
    for (const ExecutionStory& execution : story.executions)
      json["executions"].push_back(to_json(execution));
    for (const StoredCheckpoint& checkpoint : story.checkpoints) {
      json["checkpoints"].push_back({{"name", checkpoint.name.text()},
                                     {"bytes", checkpoint.state.bytes},
                                     {"problem", checkpoint.state.problem}});
      if (const auto& validation = checkpoint.state.validation) {
        json["checkpoints"].back()["validation"] = {{"step", validation->step},
                                                    {"accuracy", validation->accuracy}};
      }
    }
    print_json(session, json);
  }

  static Json to_json(const ExecutionStory& story) {
    Json json{{"attempt", story.attempt},
              {"token", story.token},
              {"end_reason", story.reason ? name_of(*story.reason) : ""},
              {"detail", story.detail},
              {"stopped", story.stopped},
              {"forgiven", story.forgiven},
              {"reached_step", story.reached},
              {"replayed_steps", story.replayed},
              {"checkpoints", story.checkpoints},
              {"warnings", story.warnings},
              {"damage", story.damage},
              {"log", story.log}};
    if (story.exit_code) json["exit_code"] = *story.exit_code;
    if (!story.header) return json;
    json["host"] = story.header->host;
    json["started_at"] = story.header->started_at;
    if (const auto& from = story.header->resumed_from) json["resumed_from"] = from->checkpoint;
    return json;
  }

  std::string prefix_;
  bool json_ = false, plain_ = false;
};
}  // namespace

std::unique_ptr<Subcommand> why_command() { return std::make_unique<WhyCommand>(); }

}  // namespace lockstep
