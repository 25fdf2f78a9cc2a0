// --add-seeds and --cells of the commands that take a spec: what the study is asked for, beside the
// spec.
#pragma once

#include <optional>
#include <string>

#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/session.hpp"
#include "sweeps/run/tables.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep {

struct MoreSeeds {
  std::string seeds;  ///< "4,5,7..9"; empty: none
  std::string cells;  ///< ids, first digits of ids or labels; empty: all cells of the spec
};

/// The two options. Returns that of the seeds.
CommandOption add_seed_options(CLI::App& app, MoreSeeds& more);

/// What a study is asked for: by its spec, by the additions that it has, and by new ones.
struct AskedRuns {
  Plan all;                      ///< what is to be run
  std::optional<Plan> addition;  ///< new: to be written once the spec's plan is
};

/// Reads the study of `spec`, if there is one, and tells what is added. Cells of earlier plans may
/// be named too. Throws UsageError for a list that is none, a cell that is not known, or more runs
/// than a spec may ask for; StudyError and RecordError as read_study().
AskedRuns asked_runs(Session& session, const Tables& tables, const Workspace& workspace,
                     const Plan& spec, const MoreSeeds& more);

}  // namespace lockstep
