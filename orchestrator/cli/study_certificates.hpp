// Certificates of a study: which kinds of step have none, and getting them before the runs are
// started.
#pragma once

#include "orchestrator/cli/session.hpp"
#include "orchestrator/launch/trainer_command.hpp"
#include "results/record/workspace.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep {

enum class Certified {
  yes,         ///< every identity holds, or could not be tried (said why)
  no,          ///< one does not: the study's numbers would mean nothing (said which)
  interrupted  ///< Ctrl-C
};

/// Tries the identities of every (model, data set, batch) of the plan that has no certificate of
/// this machine and trainer for all of its algorithms. Tells what it does. Throws RecordError where
/// a certificate cannot be written.
Certified certify_what_is_missing(Session& session, const Tables& tables,
                                  const Workspace& workspace, const Plan& plan,
                                  const TrainerSetup& trainer);

}  // namespace lockstep
