#include "orchestrator/cli/study_runner.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/cli/before_runs.hpp"
#include "orchestrator/cli/study_calibration.hpp"
#include "orchestrator/cli/study_certificates.hpp"
#include "orchestrator/cli/study_early_stop.hpp"
#include "orchestrator/cli/study_execution.hpp"
#include "orchestrator/cli/study_report.hpp"
#include "orchestrator/cli/study_states.hpp"
#include "orchestrator/launch/dry_run_launcher.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/study_files.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kFailuresShown = 10;

/// Runs that have a core for every worker here.
std::size_t measurable(const std::vector<PlannedRun>& runs) {
  const int cores = usable_cores();
  return static_cast<std::size_t>(
      std::count_if(runs.begin(), runs.end(),
                    [&](const PlannedRun& run) { return run.config.integer("workers") <= cores; }));
}

bool emulates(const PlannedRun& run) {
  return run.config.has("emulated_network") && run.config.text("emulated_network") != "none";
}

void warn_where_not_measured(Session& session, const StudyToRun& study, const RunOptions& options) {
  if (!wants_measured(study, options)) {
    const auto& runs = study.plan.runs;
    const auto count = static_cast<std::size_t>(std::count_if(runs.begin(), runs.end(), emulates));
    if (count > 0) {
      session.say(fmt::format(
          "{} a network, which the measured clock alone can see: without --measured-clock (or "
          "launch.local.measured_clock: true in the spec) these runs have no time",
          counted(count, "run") + (count == 1 ? " emulates" : " emulate")));
    }
    return;
  }
  const std::size_t too_wide = study.plan.runs.size() - measurable(study.plan.runs);
  if (too_wide == 0) return;
  session.say(fmt::format(
      "{} more workers than the {} cores here: one process for all of them, and no measured time",
      counted(too_wide, "run") + (too_wide == 1 ? " has" : " have"), usable_cores()));
}

using Ending = StudyOutcome::Ending;

void tell(Session& session, const RunStatus& status) {
  const std::string& reason = status.verdict.reason;
  session.err() << fmt::format("  {} {} {}{}{}\n", name_of(status.verdict.state),
                               status.id.substr(0, 12), printable(status.label),
                               reason.empty() ? "" : ": ", printable(reason));
  if (!status.log.empty()) session.err() << "    log: " << status.log << '\n';
}

/// Names what has no result, why, where it is written, and the next command. False: all have one.
bool tell_failures(Session& session, const Workspace& workspace, const StudyToRun& study,
                   const RunOptions& options, StudyOutcome& outcome) {
  const auto states = states_of(workspace, study.plan);
  tell_stopped_early(session, states, command_with(session, {"resume", study.plan.study}, options));
  const std::vector<RunStatus> failed = without_result(states);
  if (failed.empty()) return false;
  session.say(fmt::format("{} of {} runs did not succeed:", failed.size(), study.plan.runs.size()));
  for (std::size_t i = 0; i < std::min(failed.size(), kFailuresShown); ++i) {
    tell(session, failed[i]);
  }
  const std::string& name = study.plan.study;
  if (failed.size() > kFailuresShown) {
    session.err() << fmt::format("  and {} more: {}\n", failed.size() - kFailuresShown,
                                 session.command({"status", name}));
  }
  const bool resume = std::any_of(failed.begin(), failed.end(), wants_resume);
  outcome.next = resume ? command_with(session, {"resume", name}, options) : study.again;
  session.say("next: " + outcome.next);
  return true;
}

ExitCode cancelled(Session& session, const Workspace& workspace, const StudyToRun& study,
                   const RunOptions& options, StudyOutcome& outcome) {
  outcome.ending = Ending::cancelled;
  outcome.next = command_with(session, {"resume", study.plan.study}, options);
  session.say(fmt::format("cancelled: {}", counts_text(states_of(workspace, study.plan))));
  session.say("to take it up again: " + outcome.next);
  return ExitCode::some_failed;
}

ExitCode interrupted(Session& session, const Workspace& workspace, const StudyToRun& study,
                     StudyOutcome& outcome) {
  outcome.ending = Ending::interrupted;
  outcome.next = study.again;
  session.say(fmt::format("interrupted: {}", counts_text(states_of(workspace, study.plan))));
  session.say("the study goes on with: " + outcome.next);
  return ExitCode::interrupted;
}

/// False: interrupted. What cannot be calibrated is told, and the report says what it lacks.
bool calibrated(Session& session, const Tables& tables, const Workspace& workspace,
                const StudyToRun& study, const RunOptions& options) {
  if (options.no_calibration) return true;
  RunOptions to_calibrate;
  to_calibrate.data = options.data;
  return calibrate_what_is_missing(
      session, tables, workspace, study.plan, trainer_setup(options),
      command_with(session, {"calibrate", study.plan.study}, to_calibrate));
}

/// Of a study whose runs all have results.
void tell_success(Session& session, const StudyToRun& study, const RunOptions& options,
                  StudyOutcome& outcome) {
  const std::string& name = study.plan.study;
  if (options.no_report) {
    outcome.next = session.command({"report", name});
    session.say("next: " + outcome.next);
  } else {
    session.say("to keep all of it in one file: " +
                session.command({"export", name, "--what", "bundle", "-o", name + ".tar.gz"}));
  }
}
/// What has to hold before the first run of `to_do`. An exit code: it does not, which is told.
std::optional<ExitCode> prepare(Session& session, const Tables& tables, const Workspace& workspace,
                                const StudyToRun& study, const RunOptions& options,
                                const std::vector<PlannedRun>& to_do, StudyOutcome& outcome) {
  require_what_runs_need(tables, to_do, options);
  warn_where_not_measured(session, study, options);
  const Certified certified =
      options.no_certificates
          ? Certified::yes
          : certify_what_is_missing(session, tables, workspace, study.plan, trainer_setup(options));
  if (certified == Certified::interrupted) return interrupted(session, workspace, study, outcome);
  if (certified == Certified::no) {
    session.say(
        "no run was started: what they would measure cannot be believed; see `lockstep doctor`, or "
        "go on all the same with --no-certificates");
    return ExitCode::integrity;
  }
  // Who takes no longer than whom has to be known while runs can still be stopped.
  if (study.launch.early_stop.given && !calibrated(session, tables, workspace, study, options))
    return interrupted(session, workspace, study, outcome);
  return std::nullopt;
}

/// Trains what is missing. An exit code: the study ends here for now, which is told.
std::optional<ExitCode> train(Session& session, const Tables& tables, const Workspace& workspace,
                              const StudyToRun& study, const RunOptions& options,
                              const std::vector<RunStatus>& before, StudyOutcome& outcome) {
  const auto to_do = runs_to_do(study.plan, before);
  if (const auto end = prepare(session, tables, workspace, study, options, to_do, outcome))
    return end;
  const std::size_t timed = wants_measured(study, options) ? measurable(to_do) : 0;
  session.say(fmt::format("{}: {}; {}", study.plan.study, counts_text(before),
                          pace_text(slots_for(study.launch, options), timed, to_do.size())));
  outcome.ending = Ending::broken_off;
  const bool among_runs = timed > 0 && !options.no_calibration;
  const TrainerSetup trainer = trainer_setup(options);
  CalibrationSeries calibrations(session, tables, workspace, study.plan, trainer);
  if (among_runs && !calibrations.take()) return interrupted(session, workspace, study, outcome);
  const Ending ending = execute_study(session, tables, workspace, study, options,
                                      among_runs ? &calibrations : nullptr);
  if (ending == Ending::cancelled) return cancelled(session, workspace, study, options, outcome);
  if (ending == Ending::interrupted || (among_runs && !calibrations.take()))
    return interrupted(session, workspace, study, outcome);
  calibrations.settle();
  return std::nullopt;
}
}  // namespace

void require_what_runs_need(const Tables& tables, const std::vector<PlannedRun>& to_do,
                            const RunOptions& options) {
  if (!find_program(trainer_program().string())) {
    throw LaunchError(
        fmt::format("there is no trainer at {}; build it (make build) or set LOCKSTEP_TRAIN",
                    trainer_program().string()));
  }
  require_data(tables, to_do, trainer_setup(options).data);
}

void show_commands(Session& session, const Workspace& workspace, const StudyToRun& study,
                   const RunOptions& options) {
  DryRunLauncher launcher(trainer_setup(options),
                          [&](const std::string& line) { session.out() << line << '\n'; });
  std::map<std::string, RunState> states;
  for (const RunStatus& status : states_of(workspace, study.plan))
    states[status.id] = status.verdict.state;
  for (RunToDo& item : todo_in_order(workspace, study, options)) {
    if (!wants_to_run(states[item.run])) continue;
    item.job.token = fmt::format("ls-{}-dry-run", item.run.substr(0, 12));
    launcher.submit(item.job);
  }
}

ExitCode run_study(Session& session, const Tables& tables, const Workspace& workspace,
                   const StudyToRun& study, const RunOptions& options, StudyOutcome& outcome) {
  const auto before = states_of(workspace, study.plan);
  const bool any = std::any_of(before.begin(), before.end(), [](const RunStatus& status) {
    return wants_to_run(status.verdict.state) || status.verdict.state == RunState::running ||
           status.verdict.state == RunState::queued;
  });
  if (wants_measured(study, options)) tell_unmeasured(session, workspace, study.plan);
  if (any) {
    if (const auto end = train(session, tables, workspace, study, options, before, outcome))
      return *end;
  } else {
    outcome.ending = Ending::broken_off;
    session.say(fmt::format("{}: nothing to do, {}", study.plan.study, counts_text(before)));
  }
  // A study without any result has nothing to put on a clock.
  const auto after = any ? states_of(workspace, study.plan) : before;
  const bool results = without_result(after).size() < after.size();
  if (results && !calibrated(session, tables, workspace, study, options))
    return interrupted(session, workspace, study, outcome);
  ExitCode report = ExitCode::ok;
  if (!options.no_report) {
    report = make_report(session, tables, workspace, study.plan.study, !options.json);
    outcome.reported = true;
  }
  const bool failed = tell_failures(session, workspace, study, options, outcome);
  outcome.ending = Ending::finished;
  if (report != ExitCode::ok) return report;
  if (!failed) tell_success(session, study, options, outcome);
  return failed ? ExitCode::some_failed : ExitCode::ok;
}

}  // namespace lockstep
