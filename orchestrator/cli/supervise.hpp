// A study from its spec to its report, under the lock of the workspace: what `run` does in front of
// the user and `submit` in the background.
#pragma once

#include <functional>

#include "orchestrator/cli/more_seeds.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/study_runner.hpp"

namespace lockstep {

/// --add-seeds, --cells and --prune of `run` and `submit`.
void add_study_options(CLI::App& app, MoreSeeds& more, RunOptions& options);

struct Supervision {
  const char* command = "run";  ///< shown to others who find the workspace locked
  const SpecInput& input;
  std::optional<Plan> addition;  ///< of --add-seeds, to be written
  StudyToRun study;              ///< spec and additions
  RunOptions options;
};

/// What `command SPEC` is to supervise. Tells what is added; throws as asked_runs().
Supervision supervision(Session& session, const Tables& tables, const char* command,
                        const SpecInput& input, const MoreSeeds& more, const RunOptions& options);

/// Takes the lock, writes plans and run directories, calls `ready` (if any) and runs the study.
/// Throws what the lock and the files throw.
ExitCode supervise(Session& session, const Tables& tables, const Workspace& workspace,
                   const Supervision& what, StudyOutcome& outcome,
                   const std::function<void()>& ready = {});

}  // namespace lockstep
