#include "orchestrator/cli/budget.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/study_calibration.hpp"
#include "orchestrator/cli/study_states.hpp"
#include "orchestrator/schedule/estimate.hpp"
#include "orchestrator/schedule/progress.hpp"

namespace lockstep {

namespace {
constexpr const char* kVariable = "LOCKSTEP_BUDGET_HOURS";

std::string question(const std::vector<PlannedRun>& to_do, const CostEstimate& cost, int slots,
                     std::size_t guessed) {
  std::string text =
      fmt::format("{}, about {} on {} ({} of one core)", counted(to_do.size(), "run"),
                  duration_text(*cost.wall_s), counted(static_cast<std::size_t>(slots), "slot"),
                  duration_text(*cost.run_s));
  if (cost.bytes) text += ", " + bytes_text(*cost.bytes) + " of disk";
  if (guessed > 0) {
    text += fmt::format(
        " (a guess, which `lockstep calibrate` makes sure: {} not calibrated)",
        guessed == 1 ? "1 kind of step is" : fmt::format("{} kinds of steps are", guessed));
  }
  return text;
}
}  // namespace

double budget_hours(const RunOptions& options) {
  if (options.budget_hours > 0) return options.budget_hours;
  const char* text = std::getenv(kVariable);
  if (!text || !*text) return kBudgetHours;
  char* end = nullptr;
  const double hours = std::strtod(text, &end);
  if (*end != '\0' || !std::isfinite(hours) || hours <= 0) {
    throw UsageError(
        fmt::format("{} is '{}', which is no number of hours above 0", kVariable, text));
  }
  return hours;
}

void add_budget_options(CLI::App& app, RunOptions& options, Session& session) {
  add_option(app, "--budget-hours", options.budget_hours,
             fmt::format("Estimated hours of one core above which you are asked first (else {}, "
                         "else {:g})",
                         kVariable, kBudgetHours))
      .between(1e-9, 1e9)
      .type_name("HOURS");
  add_flag(app, "-y,--yes", options.yes, "Go on without asking, whatever it costs");
  add_flag(app, "--no-input", session.no_input,
           "Never ask: above the budget, start nothing and end with 2");
}

bool may_go_on(Session& session, const Tables& tables, const Workspace& workspace, const Plan& plan,
               const LaunchSpec& launch, const RunOptions& options, bool also_failed) {
  const double budget_s = budget_hours(options) * kHourS;
  if (options.yes) return true;
  const auto states = states_of(workspace, plan);
  std::vector<PlannedRun> to_do;
  RunShares shares;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const RunState state = states[i].verdict.state;
    const bool again = state == RunState::failed || state == RunState::cancelled ||
                       state == RunState::stopped_early;
    if (!wants_to_run(state) && !(also_failed && again)) continue;
    to_do.push_back(plan.runs[i]);
    shares[states[i].id] = states[i].share;
  }
  const StepSeconds measured = calibrated_steps(workspace);
  const StepSeconds steps = with_rule_of_thumb(tables, to_do, measured);
  const int slots = slots_for(launch, options);
  const CostEstimate cost =
      estimate_cost(tables, to_do, steps, slots, bytes_per_run(workspace, states), shares);
  if (*cost.run_s <= budget_s) return true;
  const std::size_t guessed = steps.size() - measured.size();
  const std::string text = question(to_do, cost, slots, guessed);
  if (!session.interactive()) {
    throw UsageError(fmt::format(
        "{}: this is above the budget of {:g} hours of one core, and there is nobody to ask; "
        "nothing was started. --yes goes on, --budget-hours or {} set another budget",
        text, budget_s / kHourS, kVariable));
  }
  if (session.ask(text + ". Go on?")) return true;
  session.say("nothing was started");
  return false;
}

}  // namespace lockstep
