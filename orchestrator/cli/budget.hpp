// The question before a costly study is started: so much will it take; go on?
#pragma once

#include <optional>

#include "orchestrator/cli/study_runner.hpp"

namespace lockstep {

/// Process-hours (hours of one core) up to which nobody is asked, unless --budget-hours or
/// LOCKSTEP_BUDGET_HOURS say otherwise: what a laptop does over night.
inline constexpr double kBudgetHours = 24;
inline constexpr double kHourS = 3600;

/// Those of the options, else of the environment, else the above. Throws UsageError for a variable
/// that is no number of hours.
double budget_hours(const RunOptions& options);

void add_budget_options(CLI::App& app, RunOptions& options, Session& session);

/// True: the runs that are to do are within the budget, or a person or --yes says go. False: the
/// person does not; that was said. Steps that are not calibrated count by a rule of thumb, which is
/// said. Throws UsageError with the remedy where the budget is exceeded and nobody can be asked.
bool may_go_on(Session& session, const Tables& tables, const Workspace& workspace, const Plan& plan,
               const LaunchSpec& launch, const RunOptions& options, bool also_failed = false);

}  // namespace lockstep
