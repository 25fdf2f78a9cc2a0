#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/run_lookup.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/study_states.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/launch/timer.hpp"
#include "orchestrator/launch/trainer_command.hpp"
#include "orchestrator/schedule/directory_facts.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/progress.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"

namespace lockstep {

namespace {
constexpr double kLookS = 0.2;  // between two looks at what still runs
/// A supervisor ends by itself when its runs have; one that does not is calibrating or reporting.
constexpr double kLingerS = 3;

/// Something that may yet work on the run, or would by itself.
bool can_be_cancelled(RunState state) {
  return wants_to_run(state) || state == RunState::queued || state == RunState::running;
}

bool at_work(RunState state) { return state == RunState::queued || state == RunState::running; }

/// Follows the end of what was cancelled.
class Ending {
 public:
  Ending(const Workspace& workspace, const std::string& study, bool whole)
      : workspace_(workspace), study_(study), whole_(whole) {}

  /// Waits until none of `runs` is worked on and, for a whole study, nobody supervises it. Returns
  /// the runs that are still at work when the time is up.
  std::set<std::string> wait(std::set<std::string> runs, double wait_s) {
    SystemTimer timer;
    const double until_s = timer.now_s() + wait_s;
    double idle_since_s = timer.now_s();
    while (true) {
      const auto supervisor = supervisor_of(workspace_.lock(), study_);
      drop_ended(runs);
      if (!supervisor) ask_orphans(runs);
      if (!runs.empty()) idle_since_s = timer.now_s();
      if (supervisor && whole_ && timer.now_s() - idle_since_s > kLingerS) ask(*supervisor);
      supervised_ = supervisor && whole_;
      if ((runs.empty() && !supervised_) || timer.now_s() >= until_s) return runs;
      timer.sleep_s(kLookS);
    }
  }
  /// When wait() gave up: the study still has a supervisor that is to end.
  bool supervised() const { return supervised_; }

 private:
  void drop_ended(std::set<std::string>& runs) const {
    const Submissions submissions(workspace_.submissions(study_));
    DirectoryFacts files(workspace_, submissions);
    for (auto it = runs.begin(); it != runs.end();)
      it = at_work(judge(files.facts(*it), {}).state) ? std::next(it) : runs.erase(it);
  }

  /// Nobody is left who would stop them.
  void ask_orphans(const std::set<std::string>& runs) {
    for (const std::string& run : runs) {
      const auto pids = processes_in(workspace_.run(run).path().string());
      if (pids.empty() || !asked_.insert(run).second) continue;
      // Several processes are an mpirun and its ranks.
      for (const auto pid : pids)
        ::kill(static_cast<pid_t>(pid), stop_signal(static_cast<int>(pids.size())));
    }
  }

  /// Once only: a second signal would mean more.
  void ask(const LockHolder& supervisor) {
    if (supervisor.process.host != host_name() || !asked_.insert("").second) return;
    ::kill(static_cast<pid_t>(supervisor.process.pid), SIGTERM);
  }

  const Workspace& workspace_;
  std::string study_;
  bool whole_, supervised_ = false;
  std::set<std::string> asked_;  ///< runs; "" is the supervisor
};

class CancelCommand : public Subcommand {
 public:
  const char* name() const override { return "cancel"; }
  const char* summary() const override { return "End runs of a study, or all of it, in order"; }
  const char* lesson() const override {
    return "Writes down first what is cancelled, then lets it happen: runs that work write a "
           "checkpoint and end, runs\n"
           "that wait are not begun. Runs that are done, diverged or failed stay as they are. "
           "Without RUN the whole\n"
           "study ends, and the process that supervises it. May be given again. `lockstep run` "
           "and `submit` leave\n"
           "cancelled runs alone; `lockstep resume` takes them up from their checkpoints.\n"
           "Exit codes: 0 cancelled, or nothing to cancel; 2 no such study or run; 3 something "
           "was still ending when\n"
           "--wait was over.\n"
           "Example:\n"
           "  lockstep cancel quickstart 3fa2 91c    # two runs, by the first digits of their ids\n"
           "  lockstep cancel quickstart             # everything that is left";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_option(app, "study", study_, "Name of the study").required().type_name("STUDY");
    add_option(app, "run", prefixes_, "First digits of run ids; all that is left if none")
        .type_name("RUN");
    add_option(app, "--wait", wait_s_, "Seconds to wait until all have ended")
        .capture_default()
        .between(0, 1e6)
        .type_name("S");
    add_flag(app, "--json", json_, "One JSON object on stdout");
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    const Tables tables = Tables::builtin();
    const Plan plan = load_study(session, tables, session.workspace(), study_);
    const Workspace workspace = session.existing_workspace();
    const auto states = states_of(workspace, plan);
    const auto chosen = choose(states);
    Cancellation cancellation{{}, prefixes_.empty()};
    std::set<std::string> working;
    for (const RunStatus& status : chosen) {
      if (can_be_cancelled(status.verdict.state)) cancellation.runs.push_back(status.id);
      if (at_work(status.verdict.state)) working.insert(status.id);
    }
    Submissions submissions(workspace.submissions(study_));
    const bool news =
        std::any_of(cancellation.runs.begin(), cancellation.runs.end(),
                    [&](const std::string& run) { return !submissions.cancelled(run); });
    if (news) submissions.cancel(cancellation);
    if (!working.empty() && !json_) {
      session.say(fmt::format("{} at work: asked to write a checkpoint and end",
                              counted(working.size(), "run")));
    }
    Ending ending(workspace, study_, prefixes_.empty());
    const auto left = ending.wait(working, wait_s_);
    tell(session, workspace, plan, cancellation.runs, left, ending.supervised());
    return left.empty() && !ending.supervised() ? ExitCode::ok : ExitCode::some_failed;
  }

 private:
  std::vector<RunStatus> choose(const std::vector<RunStatus>& states) const {
    if (prefixes_.empty()) return states;
    std::vector<std::string> ids;
    for (const RunStatus& status : states) ids.push_back(status.id);
    std::set<std::string> wanted;
    for (const std::string& prefix : prefixes_)
      wanted.insert(complete_run_id(prefix, ids, "in study " + study_));
    std::vector<RunStatus> chosen;
    for (const RunStatus& status : states) {
      if (wanted.count(status.id) > 0) chosen.push_back(status);
    }
    return chosen;
  }

  void tell(Session& session, const Workspace& workspace, const Plan& plan,
            const std::vector<std::string>& cancelled, const std::set<std::string>& left,
            bool supervised) const {
    const auto states = states_of(workspace, plan);
    if (json_) {
      print_json(session, {{"format", kJsonFormat},
                           {"study", study_},
                           {"cancelled", cancelled},
                           {"still_ending", left},
                           {"supervised", supervised},
                           {"counts", counts_json(states)}});
      return;
    }
    const std::string what =
        cancelled.empty() ? "nothing to cancel" : counted(cancelled.size(), "run") + " cancelled";
    session.say(fmt::format("{}: {}; it has {}", study_, what, counts_text(states)));
    if (!left.empty() || supervised) {
      session.say(fmt::format(
          "{} still ending; the same command waits on",
          left.empty() ? "the supervisor is"
                       : counted(left.size(), "run") + (left.size() == 1 ? " is" : " are")));
    }
    const bool any = std::any_of(states.begin(), states.end(), [](const RunStatus& status) {
      return status.verdict.state == RunState::cancelled;
    });
    if (any) session.say("to take them up again: " + session.command({"resume", study_}));
  }

  std::string study_;
  std::vector<std::string> prefixes_;
  double wait_s_ = 90;  ///< the grace period of a run, and some
  bool json_ = false;
};
}  // namespace

std::unique_ptr<Subcommand> cancel_command() { return std::make_unique<CancelCommand>(); }

}  // namespace lockstep
