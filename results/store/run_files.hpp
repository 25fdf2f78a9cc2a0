// A run directory, read as a whole. Damage is a value: one bad file never hides the others.
// Internal to results/store.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/record/attempt_files.hpp"
#include "results/record/workspace.hpp"

namespace lockstep {

/// What an import has to say about a file. A salvage: damaged, and somebody has agreed to what is
/// left of it.
struct Finding {
  enum class Kind { note, salvage, corruption } kind = Kind::note;
  std::string message;  ///< paths relative to the workspace
};

struct RunFiles {
  std::string id;
  std::optional<std::string> config;  ///< bytes of config.json, if they belong to this id
  std::optional<int> done_attempt;
  std::vector<AttemptFiles> attempts;  ///< all claimed ones, by number
  std::vector<Finding> findings;
};

RunFiles read_run(const Workspace& workspace, const std::string& id);

/// Takes the workspace's own path out of a message, so that it stays the same when the workspace is
/// moved.
std::string relative_to(const Workspace& workspace, std::string message);

}  // namespace lockstep
