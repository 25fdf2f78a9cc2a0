// A workspace of thousands of runs in every state, made in seconds: nothing is durable, and records
// are the smallest that a trainer could leave. For benchmarks of commands that read.
#pragma once

#include <string>

#include "results/record/workspace.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep::test {

/// Study "bench" with up to 10,000 runs: of each hundred 80 are done, 4 diverged, 4 resumable from
/// a checkpoint, 3 failed, 2 blocked, 1 cancelled, 1 running, 1 queued (both owned by this
/// process), 1 damaged, 3 new. Returns its plan.
Plan build_status_workspace(const Workspace& workspace, std::size_t runs);

}  // namespace lockstep::test
