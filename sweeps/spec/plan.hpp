// A plan: the runs that a sweep spec asks for, as a value. What `lockstep plan` shows, `run`
// executes, and the store imports from studies/<study>/plan-<hash>.json.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sweeps/run/report_spec.hpp"
#include "sweeps/run/run_id.hpp"

namespace lockstep {

struct PlannedRun {
  RunId id;
  std::string cell;
  RunConfig config;
};

struct Plan {
  std::string study;
  std::string question;
  std::string spec_sha256;
  ReportSpec report;
  std::vector<PlannedRun>
      runs;  ///< distinct; in the order of the spec (variants outermost, seed order inside)
  /// Runs that joined the study beside its spec, by --add-seeds: they stay asked for when the spec
  /// is run again, until they are pruned.
  bool addition = false;
};

/// {"format": 1, "study", "question", "spec_sha256", "report": {...}, "runs": [{"id", "cell",
/// "config"}]}; before "runs", "addition": true where it is one.
nlohmann::ordered_json to_json(const Plan& plan);

/// First 12 hex digits of the SHA-256 of the plan's JSON: the name of its file.
std::string plan_hash(const Plan& plan);

}  // namespace lockstep
