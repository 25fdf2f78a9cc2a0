// Reads the facts of a study's runs from their directories and the journal, for judge().
#pragma once

#include <set>
#include <string>

#include "orchestrator/schedule/run_state.hpp"
#include "orchestrator/schedule/submissions.hpp"
#include "results/record/workspace.hpp"

namespace lockstep {

/// A heartbeat of another host that is older is taken for dead: twice the attribute cache of NFS.
inline constexpr double kForeignHeartbeatS = 120;

/// Whether another host works on an attempt without a result: its claim or its heartbeat is young.
/// One that has just been claimed there may have a heartbeat that is not to be seen here yet.
bool is_alive_elsewhere(const Claim& claim, const std::optional<Heartbeat>& beat);

/// Where facts come from: a seam, so that the reconcile loop is tested without files.
class FactSource {
 public:
  virtual ~FactSource() = default;
  virtual RunFacts facts(const std::string& run) = 0;
  /// Looks again which processes are alive.
  virtual void refresh() = 0;
};

class DirectoryFacts : public FactSource {
 public:
  /// Both must outlive it. Facts of different runs may be asked for by different threads at once.
  DirectoryFacts(const Workspace& workspace, const Submissions& submissions);
  RunFacts facts(const std::string& run) override;
  RunFacts facts(const RunDirectory& directory) const;  ///< the same, where it is at hand
  void refresh() override;

 private:
  bool alive(const RunDirectory& directory, const RunFacts& facts, const Claim& newest) const;

  const Workspace& workspace_;
  const Submissions& submissions_;
  std::set<std::string> in_use_;  ///< run directories that a process of this machine works in
};

}  // namespace lockstep
