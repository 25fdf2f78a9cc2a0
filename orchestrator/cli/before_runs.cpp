#include "orchestrator/cli/before_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "orchestrator/launch/launch_error.hpp"
#include "orchestrator/schedule/doctor.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/progress.hpp"
#include "orchestrator/schedule/study_files.hpp"
#include "results/record/attempt_files.hpp"
#include "results/record/record_error.hpp"

namespace lockstep {

namespace {
/// Of a run that is done; true also where its files cannot be read, which is told elsewhere.
bool has_measured_time(const RunDirectory& run, std::int64_t workers) {
  try {
    const auto done = read_result(run.done());
    if (!done) return true;
    const Segment segment = read_attempt(run, done->attempt);
    const auto* header =
        segment.records.empty() ? nullptr : std::get_if<HeaderRecord>(&segment.records.front());
    return !header || (header->exclusive && header->processes == workers);
  } catch (const RecordError&) {
    return true;
  }
}
}  // namespace

void require_data(const Tables& tables, const std::vector<PlannedRun>& runs,
                  const std::filesystem::path& data) {
  std::set<std::string> names;
  for (const PlannedRun& run : runs) names.insert(run.config.text("dataset"));
  for (const std::string& name : names) {
    const DatasetRow* row = tables.dataset(name);
    if (!row) continue;
    const Check check = check_dataset(*row, data);
    if (check.state == Check::State::ok) continue;
    throw LaunchError(fmt::format("no run was started, as the data set {} is not here: {}; {}",
                                  name, check.detail, check.fix));
  }
  for (const PlannedRun& run : runs) {
    const std::string& start = run.config.text("init_from");
    if (start == "none" || std::filesystem::exists(data / start_place(start))) continue;
    throw LaunchError(fmt::format(
        "no run was started, as the model that {} starts from is not here: put it into {}, or name "
        "another data folder with --data",
        run.id.text(), (data / start_place(start)).string()));
  }
}

std::string pace_text(int slots, std::size_t measured, std::size_t total) {
  if (measured == 0) return fmt::format("{} at once", slots);
  if (measured == total) return "one at a time, for the measured clock";
  return fmt::format("{} one at a time, for the measured clock; the others {} at once", measured,
                     slots);
}

void tell_unmeasured(Session& session, const Workspace& workspace, const Plan& plan) {
  std::size_t count = 0;
  std::filesystem::path first;
  for (const PlannedRun& planned : plan.runs) {
    const auto workers = planned.config.integer("workers");
    const RunDirectory run = workspace.run(planned.id.text());
    if (workers > usable_cores() || has_measured_time(run, workers)) continue;
    if (++count == 1) first = run.path();
  }
  if (count == 0) return;
  session.say(fmt::format(
      "{} done without the measured clock and so without a measured time, and not trained again "
      "for it; to measure, move the run directories away (the first is {}) and give the same "
      "command",
      counted(count, "run") + (count == 1 ? " was" : " were"), first.string()));
}

std::size_t earlier_runs(const Tables& tables, const Workspace& workspace, const Plan& plan) {
  std::set<std::string> asked;
  for (const PlannedRun& run : plan.runs) asked.insert(run.id.text());
  std::size_t earlier = 0;
  try {
    const auto own = workspace.plan(plan.study, plan_hash(plan));
    const auto plans = workspace.plans(plan.study);
    if (std::all_of(plans.begin(), plans.end(), [&](const auto& path) { return path == own; }))
      return 0;
    std::vector<std::string> notes;
    for (const PlannedRun& run : read_study(workspace, tables, plan.study, notes).runs) {
      if (asked.count(run.id.text()) == 0) ++earlier;
    }
  } catch (const RecordError&) {
    return 0;
  }
  return earlier;
}

void tell_earlier_runs(Session& session, const Tables& tables, const Workspace& workspace,
                       const Plan& plan) {
  const std::size_t earlier = earlier_runs(tables, workspace, plan);
  if (earlier == 0) return;
  session.say(fmt::format(
      "{} of earlier plans {} in the study and its reports; `lockstep run SPEC --prune` takes "
      "them out, a spec with another study name is apart from them",
      counted(earlier, "run"), earlier == 1 ? "stays" : "stay"));
}

}  // namespace lockstep
