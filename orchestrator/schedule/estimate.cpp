#include "orchestrator/schedule/estimate.hpp"

#include <algorithm>

#include "results/store/study_data.hpp"
#include "sweeps/run/course.hpp"

namespace lockstep {

CostEstimate estimate_cost(const Tables& tables, const std::vector<PlannedRun>& runs,
                           const StepSeconds& step_s, int slots, double bytes_per_run) {
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
    const double seconds = static_cast<double>(steps) * cost->second;
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

}  // namespace lockstep
