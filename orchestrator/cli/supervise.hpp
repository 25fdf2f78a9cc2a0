// A study from its spec to its report, under the lock of the workspace: what `run` does in front of
// the user and `submit` in the background.
#pragma once

#include <functional>

#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/study_runner.hpp"

namespace lockstep {

/// --prune of `run` and `submit`.
void add_prune_option(CLI::App& app, RunOptions& options);

struct Supervision {
  const char* command = "run";  ///< shown to others who find the workspace locked
  const SpecInput& input;
  StudyToRun study;
  RunOptions options;
};

/// Takes the lock, writes plan and run directories, calls `ready` (if any) and runs the study.
/// Throws what the lock and the files throw.
ExitCode supervise(Session& session, const Tables& tables, const Workspace& workspace,
                   const Supervision& what, const std::function<void()>& ready = {});

}  // namespace lockstep
