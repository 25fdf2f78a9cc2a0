#include "orchestrator/cli/calibration_series.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/schedule/machine.hpp"
#include "reports/analysis.hpp"

namespace lockstep {

namespace {
/// What was found of `last`'s step each time. What is the same once more was not measured again.
std::vector<Calibration> measurements_of(const Calibration& last,
                                         const std::vector<CalibrationFiles>& taken) {
  std::vector<Calibration> all;
  for (const CalibrationFiles& files : taken) {
    for (const Calibration& one : files.steps) {
      const bool same = one.key == last.key && one.machine == last.machine;
      if (same && (all.empty() || !(one.cost == all.back().cost))) all.push_back(one);
    }
  }
  return all;
}

Calibration mean_of(const std::vector<Calibration>& all) {
  Calibration mean = all.back();
  std::vector<StepCost> costs;
  std::vector<StepSpread> spreads;
  mean.samples = 0;
  for (const Calibration& one : all) {
    costs.push_back(one.cost);
    spreads.push_back(one.spread);
    mean.p10_s = std::min(mean.p10_s, one.p10_s);
    mean.p90_s = std::max(mean.p90_s, one.p90_s);
    mean.samples += one.samples;
  }
  mean.cost = mean_of(costs);
  mean.spread = mean_of(spreads);
  return mean;
}
}  // namespace

bool CalibrationSeries::take() {
  const CalibrationOutcome outcome =
      calibrate(session_, tables_, workspace_, plan_, trainer_, kQuickCalibrationS, true);
  for (const std::string& failure : outcome.failures) session_.say("not calibrated: " + failure);
  taken_.push_back(read_calibrations(workspace_));
  return !outcome.interrupted;
}

void CalibrationSeries::settle() const {
  if (taken_.empty()) return;
  for (const Calibration& last : taken_.back().steps) settle_step(last);
  for (const NetworkCalibration& last : taken_.back().networks) settle_network(last);
}

void CalibrationSeries::settle_step(const Calibration& last) const {
  const std::vector<Calibration> all = measurements_of(last, taken_);
  if (all.size() < 2) return;  // of another study
  write_calibration(workspace_, mean_of(all), utc_now());
  const auto [fastest, slowest] = std::minmax_element(
      all.begin(), all.end(),
      [](const auto& a, const auto& b) { return a.cost.step_s < b.cost.step_s; });
  if (slowest->cost.step_s <= (1 + kMostClockError) * fastest->cost.step_s) return;
  session_.say(
      fmt::format("a step of {} took {:.3f} to {:.3f} ms in {} calibrations before, among and "
                  "after the runs: the machine was disturbed, and neither clock is that of an "
                  "idle one",
                  last.key, 1e3 * fastest->cost.step_s, 1e3 * slowest->cost.step_s, all.size()));
}

void CalibrationSeries::settle_network(const NetworkCalibration& last) const {
  std::vector<Network> all;
  NetworkCalibration mean = last;
  for (const CalibrationFiles& files : taken_) {
    for (const NetworkCalibration& one : files.networks) {
      const bool again = !all.empty() && one.fit.network == all.back();
      if (one.machine != last.machine || again) continue;
      all.push_back(one.fit.network);
      mean.fit.r_squared = std::min(mean.fit.r_squared, one.fit.r_squared);
    }
  }
  if (all.size() < 2) return;
  mean.fit.network = mean_of(all);
  write_network_calibration(workspace_, mean);
}

}  // namespace lockstep
