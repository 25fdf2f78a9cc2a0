#include "orchestrator/schedule/estimate.hpp"

#include <algorithm>

#include "results/store/study_data.hpp"
#include "sweeps/run/course.hpp"

namespace lockstep {

CostEstimate estimate_cost(const Tables& tables, const std::vector<PlannedRun>& runs,
                           const StepSeconds& step_s, int slots, double bytes_per_run,
                           const RunShares& done) {
  CostEstimate result;
  double sum_s = 0, longest_s = 0;
  for (const PlannedRun& run : runs) {
    const std::string key = calibration_key(tables, run.config);
    const auto cost = step_s.find(key);
    if (cost == step_s.end()) {
      result.uncalibrated.push_back(key);
      continue;
    }
    const auto steps = course_of(tables, run.config).total_steps * run.config.integer("workers");
    const auto share = done.find(run.id.text());
    const double left = share == done.end() ? 1 : std::clamp(1 - share->second, 0.0, 1.0);
    const double seconds = left * static_cast<double>(steps) * cost->second;
    sum_s += seconds;
    longest_s = std::max(longest_s, seconds);
  }
  std::sort(result.uncalibrated.begin(), result.uncalibrated.end());
  result.uncalibrated.erase(std::unique(result.uncalibrated.begin(), result.uncalibrated.end()),
                            result.uncalibrated.end());
  if (result.uncalibrated.empty()) {
    result.run_s = sum_s;
    result.wall_s = std::max(longest_s, sum_s / std::max(1, slots));
  }
  if (bytes_per_run > 0) result.bytes = bytes_per_run * static_cast<double>(runs.size());
  return result;
}

StepSeconds with_rule_of_thumb(const Tables& tables, const std::vector<PlannedRun>& runs,
                               StepSeconds step_s) {
  for (const PlannedRun& run : runs) {
    const DatasetRow& data = *tables.dataset(run.config.text("dataset"));
    const auto pixels =
        static_cast<double>(data.height * data.width * run.config.integer("batch_per_worker"));
    step_s.try_emplace(calibration_key(tables, run.config),
                       pixels * tables.model(run.config.text("model"))->pixel_s);
  }
  return step_s;
}

}  // namespace lockstep
