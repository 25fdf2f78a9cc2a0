// Runs by the first digits of their ids, as people type them.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/cli/session.hpp"
#include "sweeps/run/tables.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep {

/// What an id is looked for among, for messages.
struct Wanted {
  std::string what;   ///< "run"
  std::string where;  ///< "in study tiny"
  std::string list;   ///< "`lockstep status STUDY --all` lists them"
};

/// The one id of `ids` that begins with `prefix`. Throws UsageError where none does (naming the
/// nearest) or several do (naming them).
std::string complete_id(const Wanted& wanted, const std::string& prefix,
                        const std::vector<std::string>& ids);
/// Of a run.
std::string complete_run_id(const std::string& prefix, const std::vector<std::string>& ids,
                            const std::string& where);

/// A run of the workspace and what is known of who asked for it.
struct FoundRun {
  std::string id;
  std::string study;                ///< the first study that asks for it; empty: no plan does
  std::string cell, label;          ///< in that study; empty where there is none
  std::vector<std::string> others;  ///< more studies that ask for it
  std::vector<std::string> unread;  ///< studies with a damaged plan, which may ask for it too
};

/// Looks through all studies and run directories. A study that cannot be read is told and left
/// out: it stands in the way of its own runs' names only. Throws UsageError as above.
FoundRun find_run(Session& session, const Tables& tables, const Workspace& workspace,
                  const std::string& prefix);

}  // namespace lockstep
