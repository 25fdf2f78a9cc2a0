#include "orchestrator/cli/study_execution.hpp"

#include <fmt/format.h>

#include "orchestrator/cli/progress_display.hpp"
#include "orchestrator/cli/study_early_stop.hpp"
#include "orchestrator/launch/local_launcher.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/run_labels.hpp"
#include "orchestrator/schedule/run_order.hpp"
#include "orchestrator/schedule/stop_signals.hpp"

namespace lockstep {

namespace {
/// Between asking a run to checkpoint and killing it.
constexpr double kGraceS = 60;

class StudyJournal : public Journal {
 public:
  StudyJournal(Submissions& submissions, StudyEarlyStop& early)
      : submissions_(submissions), early_(early) {}
  std::string prepare(const std::string& run) override {
    return submissions_.prepare(run, "local");
  }
  void ended(const std::string& token, const std::optional<Exit>& exit) override {
    submissions_.ended(token, exit);
  }
  void stopping(const std::string& token) override { submissions_.stopping(token); }
  std::vector<std::string> newly_to_end() override {
    std::vector<std::string> runs = early_.look();
    for (const Cancellation& cancellation : submissions_.new_cancellations()) {
      whole_study_ = whole_study_ || cancellation.whole_study;
      runs.insert(runs.end(), cancellation.runs.begin(), cancellation.runs.end());
    }
    return runs;
  }
  /// The study was cancelled while it ran.
  bool whole_study_cancelled() const { return whole_study_; }

 private:
  Submissions& submissions_;
  StudyEarlyStop& early_;
  bool whole_study_ = false;
};

/// P = 1 but for the measured clock, which needs a core for every worker.
Job job_for(const Workspace& workspace, const PlannedRun& run, bool measured) {
  Job job{.run_directory = workspace.run(run.id.text()).path()};
  const auto workers = run.config.integer("workers");
  if (measured && workers <= usable_cores()) {
    job.processes = static_cast<int>(workers);
    job.exclusive = true;
  }
  return job;
}

std::map<std::string, std::string> labels_by_run(const Plan& plan) {
  const auto labels = labels_of(plan.runs);
  std::map<std::string, std::string> by_run;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) by_run[plan.runs[i].id.text()] = labels[i];
  return by_run;
}
}  // namespace

bool wants_measured(const StudyToRun& study, const RunOptions& options) {
  return options.measured_clock || study.launch.local.measured_clock;
}

std::vector<RunToDo> todo_in_order(const Workspace& workspace, const StudyToRun& study,
                                   const RunOptions& options) {
  const bool measured = wants_measured(study, options);
  std::vector<RunToDo> todo;
  for (const std::size_t index : run_order(study.plan.study, study.plan.runs)) {
    const PlannedRun& run = study.plan.runs[index];
    todo.push_back({run.id.text(), job_for(workspace, run, measured)});
  }
  return todo;
}

StudyOutcome::Ending execute_study(Session& session, const Tables& tables,
                                   const Workspace& workspace, const StudyToRun& study,
                                   const RunOptions& options, CalibrationSeries* calibrations) {
  Submissions submissions(workspace.submissions(study.plan.study));
  DirectoryFacts files(workspace, submissions);
  SystemTimer timer;
  const StopSignals signals;
  const int slots = slots_for(study.launch, options);
  LocalLauncher launcher({trainer_setup(options), slots, kGraceS}, timer);
  const auto labels = labels_by_run(study.plan);
  ProgressDisplay display(session, timer, workspace, labels);
  StudyEarlyStop early(tables, workspace, study.plan.study, study.launch.early_stop, submissions,
                       timer, [&](const std::string& text) { display.say(text); });
  StudyJournal journal(submissions, early);
  using Ending = StudyOutcome::Ending;
  Ending ending = Ending::finished;
  int kills = 0;
  ReconcileOptions loop;
  loop.ahead = 2 * slots;
  if (calibrations) loop.pause_after = CalibrationSeries::kRunsBetween;
  const ReconcileEvents events{
      .changed =
          [&](const std::string& run, const Verdict& verdict) {
            display.changed(run, verdict);
            early.changed(run, verdict.state);
          },
      .tick =
          [&] {
            display.tick();
            if (signals.count() >= 2 && kills++ == 0) {
              display.say("killing the runs; they go on from their last checkpoint");
              launcher.kill_all();
            }
          },
      .stop =
          [&] {
            if (journal.whole_study_cancelled()) {
              ending = Ending::cancelled;
            } else if (signals.count() > 0 || ending == Ending::interrupted) {
              ending = Ending::interrupted;
            } else {
              return Stop::no;
            }
            display.say(fmt::format(
                "{}: runs write a checkpoint first (at most {:.0f} s; Ctrl-C again: at once)",
                ending == Ending::cancelled ? "cancelled" : "stopping", kGraceS));
            return Stop::checkpoint;
          },
      .pause =
          [&] {
            if (!calibrations->take()) ending = Ending::interrupted;
          }};
  reconcile(todo_in_order(workspace, study, options), launcher, files, journal, timer, loop,
            events);
  return ending;
}

}  // namespace lockstep
