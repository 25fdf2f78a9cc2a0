#include "orchestrator/cli/study_states.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/schedule/directory_facts.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/parallel.hpp"

namespace lockstep {

namespace {
constexpr int kRunsWeighed = 20;  // finished runs whose size stands for all

void set_progress(const RunFacts& facts, RunStatus& status) {
  const RunState state = status.verdict.state;
  status.share = state == RunState::done || state == RunState::diverged ? 1 : 0;
  status.degraded = facts.degraded;
  status.attempts = facts.done ? facts.done_attempt : static_cast<int>(facts.attempts.size());
  for (const AttemptFact& attempt : facts.attempts) {
    status.degraded = attempt.degraded;
    const auto& beat = attempt.beat;
    if (!beat || beat->total_steps <= 0) continue;
    const double share = static_cast<double>(beat->step) / static_cast<double>(beat->total_steps);
    status.share = std::min(1.0, std::max(status.share, share));
    if (state != RunState::running) continue;
    status.degraded = beat->degraded;
    status.steps_per_s = beat->steps_per_s;
    status.silent_s = beat->age_s;
    status.steps_left = beat->total_steps - beat->step;
  }
}
}  // namespace

std::string newest_log(const RunDirectory& directory, const Submissions& submissions,
                       const RunFacts& facts) {
  std::error_code ignored;
  std::vector<std::string> tokens = submissions.tokens_of(directory.id());
  for (auto it = facts.attempts.rbegin(); it != facts.attempts.rend(); ++it) {
    if (!it->token.empty()) tokens.push_back(it->token);
  }
  for (const std::string& token : tokens) {
    const auto path = directory.launch_log(token);
    if (std::filesystem::exists(path, ignored)) return path.string();
  }
  return "";
}

std::vector<RunStatus> states_of(const Workspace& workspace, const Submissions& submissions,
                                 std::vector<ListedRun> runs) {
  const DirectoryFacts files(workspace, submissions);
  std::vector<RunStatus> states(runs.size());
  in_parallel(runs.size(), [&](std::size_t i) {
    const RunDirectory directory = workspace.run(runs[i].id);
    const RunFacts facts = files.facts(directory);
    RunStatus& status = states[i];
    status.id = std::move(runs[i].id);
    status.cell = std::move(runs[i].cell);
    status.label = std::move(runs[i].label);
    status.verdict = judge(facts, RetryPolicy{});
    set_progress(facts, status);
    if (!facts.done) status.log = newest_log(directory, submissions, facts);
  });
  return states;
}

std::vector<RunStatus> states_of(const Workspace& workspace, const Plan& plan) {
  return states_of(workspace, Submissions(workspace.submissions(plan.study)), list_runs(plan));
}

bool wants_resume(const RunStatus& status) {
  const RunState state = status.verdict.state;
  return state == RunState::failed || state == RunState::cancelled;
}

std::vector<PlannedRun> runs_to_do(const Plan& plan, const std::vector<RunStatus>& states) {
  std::vector<PlannedRun> to_do;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (wants_to_run(states[i].verdict.state)) to_do.push_back(plan.runs[i]);
  }
  return to_do;
}

double bytes_per_run(const Workspace& workspace, const std::vector<RunStatus>& states) {
  double sum = 0;
  int weighed = 0;
  for (const RunStatus& status : states) {
    if (status.verdict.state != RunState::done || weighed == kRunsWeighed) continue;
    sum += static_cast<double>(disk_usage_bytes(workspace.run(status.id).path()));
    ++weighed;
  }
  return weighed == 0 ? 0 : sum / weighed;
}

std::vector<RunStatus> without_result(const std::vector<RunStatus>& states) {
  std::vector<RunStatus> rest;
  for (const RunStatus& status : states) {
    const RunState state = status.verdict.state;
    if (state != RunState::done && state != RunState::diverged && state != RunState::stopped_early)
      rest.push_back(status);
  }
  return rest;
}

std::size_t stopped_early(const std::vector<RunStatus>& states) {
  return static_cast<std::size_t>(std::count_if(
      states.begin(), states.end(),
      [](const RunStatus& status) { return status.verdict.state == RunState::stopped_early; }));
}

std::vector<std::pair<std::string, int>> counts_of(const std::vector<RunStatus>& states) {
  std::map<RunState, int> counts;
  for (const RunStatus& status : states) ++counts[status.verdict.state];
  std::vector<std::pair<std::string, int>> named;
  for (const auto& [state, count] : counts) named.emplace_back(name_of(state), count);
  return named;
}

std::string counts_text(const std::vector<RunStatus>& states) {
  std::string text;
  for (const auto& [name, count] : counts_of(states)) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
  }
  return text.empty() ? "no runs" : text;
}

}  // namespace lockstep
