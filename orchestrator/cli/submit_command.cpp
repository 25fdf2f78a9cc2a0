#include <fmt/format.h>
#include <sys/types.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "orchestrator/cli/budget.hpp"
#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/study_states.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/cli/supervise.hpp"
#include "orchestrator/launch/detached.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/stop_signals.hpp"
#include "results/record/file_system.hpp"

namespace lockstep {

namespace {
/// For lock, plan and run directories; thousands of them take a while on a network file system.
constexpr double kReadyS = 300;

/// studies/<study>/submissions/supervisor-<time>-<pid>.log: names sort by time.
std::filesystem::path new_log(const Workspace& workspace, const std::string& study) {
  std::string time;
  for (const char c : utc_now()) time += c == '-' || c == ':' ? "" : std::string(1, c);
  const auto folder = workspace.submissions(study);
  make_directories(folder);
  return folder / fmt::format("supervisor-{}-{}.log", time, ::getpid());
}

/// The supervisor itself: never returns an exception.
int work_in_background(Session& session, const Tables& tables, const Workspace& workspace,
                       const Supervision& what, const std::function<void()>& ready) {
  const StopSignals signals;  // also between its phases a signal never cuts it off
  try {
    StudyOutcome outcome;
    return static_cast<int>(supervise(session, tables, workspace, what, outcome, ready));
  } catch (const std::exception& error) {
    session.say(error.what());
    return static_cast<int>(exit_code_of(error));
  }
}

class SubmitCommand : public Subcommand {
 public:
  const char* name() const override { return "submit"; }
  const char* summary() const override { return "Run a study in the background, and return"; }
  const char* lesson() const override {
    return "Like `lockstep run`, but in a process of its own that needs no terminal and survives "
           "the "
           "log-out: it\n"
           "runs what is missing, imports, calibrates and reports. What it says goes to a log; "
           "`lockstep logs STUDY -f`\n"
           "follows it. One process at a time supervises a workspace; a second one is refused, "
           "with "
           "host and pid of\n"
           "the first. Stop it with `kill PID`, which is its Ctrl-C, or `lockstep cancel STUDY`.\n"
           "Exit codes: 0 submitted, 2 error in the spec or above the budget and nobody to ask, 5 "
           "trainer, data or\n"
           "workspace missing or in use, 130 you said no.\n"
           "Example:\n"
           "  lockstep submit sweeps/studies/quickstart.yaml --slots 2\n"
           "  lockstep status quickstart --watch";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_option(app, "spec", spec_, kSpecHelp).required().type_name("SPEC|STUDY");
    add_option(app, "--launcher", launcher_, "Where the runs work: local, on this machine")
        .one_of({"local", "slurm"})
        .type_name("WHERE");
    add_flag(app, "--json", json_, "One JSON object on stdout: study, pid, host, log, counts");
    add_study_options(app, more_, options_);
    add_run_options(app, options_, session);
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    const Tables tables = Tables::builtin();
    const auto input = load_spec(session, tables, spec_);
    if (!input) return ExitCode::usage;
    if (launcher_ == "slurm") {
      throw LaunchError("this version submits on this machine only; " +
                        session.command({"plan", spec_, "--job-script"}) +
                        " shows the job script and its arguments, to be submitted by hand");
    }
    const Supervision what = supervision(session, tables, "submit", *input, more_, options_);
    const Plan& plan = what.study.plan;
    warn_of_slurm(session, what.study.launch);
    const auto states = states_of(session.workspace(), plan);
    const auto to_do = runs_to_do(plan, states);
    if (!to_do.empty()) require_what_runs_need(tables, to_do, options_);
    if (!may_go_on(session, tables, session.workspace(), plan, what.study.launch, options_))
      return ExitCode::interrupted;
    return start(session, tables, session.writable_workspace(), what, states);
  }

 private:
  ExitCode start(Session& session, const Tables& tables, const Workspace& workspace,
                 const Supervision& what, const std::vector<RunStatus>& states) const {
    const auto log = new_log(workspace, what.study.plan.study);
    const DetachedStart started =
        start_detached(log, kReadyS, [&](const std::function<void()>& ready) {
          Session background = session.in_background();
          return work_in_background(background, tables, workspace, what, ready);
        });
    if (started.exit) {  // refused: what it said is for this terminal
      session.err() << read_file(log) << std::flush;
      std::filesystem::remove(log);
      if (started.exit->signal != 0)
        throw LaunchError(fmt::format("the supervisor was killed by signal {}; submit again",
                                      started.exit->signal));
      return static_cast<ExitCode>(started.exit->code);
    }
    tell(session, what.study.plan, started.pid, log, states);
    return ExitCode::ok;
  }

  void tell(Session& session, const Plan& plan, pid_t pid, const std::filesystem::path& log,
            const std::vector<RunStatus>& states) const {
    if (json_) {
      print_json(session, {{"format", kJsonFormat},
                           {"study", plan.study},
                           {"pid", pid},
                           {"host", host_name()},
                           {"log", log.string()},
                           {"counts", counts_json(states)},
                           {"next_command", session.command({"status", plan.study, "--watch"})}});
      return;
    }
    session.say(fmt::format("{}: {}; submitted on {}, pid {}", plan.study, counts_text(states),
                            host_name(), pid));
    session.say("to watch:  " + session.command({"status", plan.study, "--watch"}));
    session.say("to follow: " + session.command({"logs", plan.study, "-f"}));
    session.say("to end it: " + session.command({"cancel", plan.study}));
  }

  std::string spec_;
  std::string launcher_ = "local";
  bool json_ = false;
  MoreSeeds more_;
  RunOptions options_;
};
}  // namespace

std::unique_ptr<Subcommand> submit_command() { return std::make_unique<SubmitCommand>(); }

}  // namespace lockstep
