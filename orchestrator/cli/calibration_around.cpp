#include "orchestrator/cli/calibration_around.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "orchestrator/schedule/machine.hpp"

namespace lockstep {

namespace {
/// As far as the simulated clock may be off (reports/analysis.hpp).
constexpr double kMostDrift = 0.10;

Calibration combined(const Calibration& before, const Calibration& after) {
  Calibration both = after;
  both.cost = mean_of(before.cost, after.cost);
  both.p10_s = std::min(before.p10_s, after.p10_s);
  both.p90_s = std::max(before.p90_s, after.p90_s);
  both.samples += before.samples;
  return both;
}
}  // namespace

bool CalibrationAround::calibrate_anew() {
  const CalibrationOutcome outcome =
      calibrate(session_, tables_, workspace_, plan_, trainer_, kQuickCalibrationS, true);
  for (const std::string& failure : outcome.failures) session_.say("not calibrated: " + failure);
  return !outcome.interrupted;
}

bool CalibrationAround::before_runs() {
  if (!calibrate_anew()) return false;
  before_ = read_calibrations(workspace_);
  return true;
}

bool CalibrationAround::after_runs() {
  if (!calibrate_anew()) return false;
  const CalibrationFiles now = read_calibrations(workspace_);
  combine_steps(now);
  combine_networks(now);
  return true;
}

void CalibrationAround::combine_steps(const CalibrationFiles& now) {
  for (const Calibration& after : now.steps) {
    const auto before =
        std::find_if(before_.steps.begin(), before_.steps.end(), [&](const Calibration& one) {
          return one.key == after.key && one.machine == after.machine;
        });
    // What is the same is of another study, or was not measured again.
    if (before == before_.steps.end() || before->cost == after.cost) continue;
    write_calibration(workspace_, combined(*before, after), utc_now());
    const double drift = after.cost.step_s / before->cost.step_s - 1;
    if (std::abs(drift) <= kMostDrift) continue;
    session_.say(
        fmt::format("a step of {} took {:.0f} % {} after the runs than before them: the machine "
                    "was disturbed, and neither clock is that of an idle one",
                    after.key, 100 * std::abs(drift), drift > 0 ? "longer" : "less"));
  }
}

void CalibrationAround::combine_networks(const CalibrationFiles& now) {
  for (const NetworkCalibration& after : now.networks) {
    for (const NetworkCalibration& before : before_.networks) {
      if (before.machine != after.machine || before.fit.network == after.fit.network) continue;
      NetworkCalibration both = after;
      both.fit.network = mean_of(after.fit.network, before.fit.network);
      both.fit.r_squared = std::min(after.fit.r_squared, before.fit.r_squared);
      write_network_calibration(workspace_, both);
    }
  }
}

}  // namespace lockstep
