// --json of `run` and `resume`: one object that tells how a study ended, whatever happened.
#pragma once

#include <functional>

#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/session.hpp"
#include "orchestrator/cli/study_runner.hpp"

namespace lockstep {

/// --json of `run` and `resume`.
CommandOption add_outcome_option(CLI::App& app, RunOptions& options);

/// Does `work` and, for options.json, prints the object then, also where `work` throws: the
/// exception goes on, and its words are in the object. The format is in JSON.md.
ExitCode with_outcome(Session& session, const StudyToRun& study, const RunOptions& options,
                      const std::function<ExitCode(StudyOutcome&)>& work);

}  // namespace lockstep
