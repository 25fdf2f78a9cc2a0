// What a workspace no longer needs, and how it goes. Records, RESULT, DONE, configurations, models
// and the index are nothing that this file knows how to find, but for whole runs that no plan asks
// for, and those only on request. Runs that somebody works on are left out as a whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "results/record/workspace.hpp"

namespace lockstep {

enum class GarbageKind {
  finished_checkpoint,  ///< of a run that is done or diverged
  old_checkpoint,       ///< of an unfinished run, which its retention does not keep
  trash,                ///< renamed to be deleted by somebody who was killed
  temporary,            ///< of a writer that was killed
  old_log,              ///< of an attempt before the newest of a finished run
  orphan                ///< a run that no plan asks for
};
/// "checkpoints of finished runs", ...
const char* name_of(GarbageKind kind);

struct Garbage {
  GarbageKind kind = GarbageKind::trash;
  std::filesystem::path path;
  std::string run;  ///< empty: of no run
  std::int64_t bytes = 0;
};

struct GarbageRules {
  int keep = 0;                               ///< newest checkpoints of a finished run that stay
  bool logs = false, orphans = false;         ///< look for these kinds, too
  std::optional<std::set<std::string>> runs;  ///< only what is theirs
  double stale_s = 3600;  ///< a temporary file that is younger may have a writer
};

/// Reads only, sorted by path. To rely on it, hold the workspace's lock. With `orphans` throws
/// RecordError for a plan that cannot be read, or a spec whose plan is not there: their runs could
/// not be told from orphans.
std::vector<Garbage> find_garbage(const Workspace& workspace, const GarbageRules& rules);

/// Renames it to .trash-* beside it, then deletes it: if this is cut off, it is found again as
/// trash. What is already gone is fine. Throws WriteError.
void discard(const Garbage& garbage);

}  // namespace lockstep
