#include "sweeps/spec/more_seeds.hpp"

#include <nlohmann/json.hpp>
#include <unordered_set>

namespace lockstep {

Plan at_seeds(const Tables& tables, const Plan& plan, const std::vector<std::int64_t>& seeds,
              const std::set<std::string>& cells) {
  Plan addition{plan.study, plan.question, plan.spec_sha256, plan.report, {}, true};
  std::unordered_set<std::string> seen;
  for (const PlannedRun& run : plan.runs) {
    if ((!cells.empty() && cells.count(run.cell) == 0) || !seen.insert(run.cell).second) continue;
    auto json = nlohmann::json::parse(run.config.canonical_json());
    for (const std::int64_t seed : seeds) {
      json["seed"] = seed;
      RunConfig config = parse_config(tables, json.dump());
      RunId id = RunId::of(config);
      addition.runs.push_back({std::move(id), run.cell, std::move(config)});
    }
  }
  return addition;
}

Plan with_runs(Plan plan, const std::vector<PlannedRun>& more) {
  std::unordered_set<std::string> known;
  for (const PlannedRun& run : plan.runs) known.insert(run.id.text());
  for (const PlannedRun& run : more) {
    if (known.insert(run.id.text()).second) plan.runs.push_back(run);
  }
  return plan;
}

}  // namespace lockstep
