#include "orchestrator/cli/study_calibration.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "orchestrator/schedule/calibrator.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/stop_signals.hpp"
#include "results/store/calibration_file.hpp"

namespace lockstep {

namespace {
constexpr double kMostInterrupted = 0.02;  // of the steps; an idle machine has 0.001

std::filesystem::path scratch_in(const Workspace& workspace) {
  return workspace.calibrations() / fmt::format(".scratch-{}", ::getpid());
}

bool wants_measured_network(const Plan& plan) {
  const auto& networks = plan.report.networks;
  return std::find(networks.begin(), networks.end(), "measured") != networks.end();
}

bool has_network(const CalibrationFiles& known) {
  return std::any_of(
      known.networks.begin(), known.networks.end(),
      [](const NetworkCalibration& network) { return is_this_machine(network.machine); });
}

/// One configuration per kind of step.
std::map<std::string, std::string> kinds_of(const Tables& tables, const Plan& plan) {
  std::map<std::string, std::string> kinds;
  for (const PlannedRun& run : plan.runs) {
    kinds.emplace(calibration_key(tables, run.config), run.config.canonical_json());
  }
  return kinds;
}

MeasuredStep calibrate_kind(Session& session, const Workspace& workspace,
                            const TrainerSetup& trainer, double seconds, const std::string& key,
                            const std::string& config_json) {
  const int cores = usable_cores();
  session.say(fmt::format("calibrating {} for {} s on {} cores", key, seconds, cores));
  const StepSample sample =
      measure_step(trainer, config_json, cores, seconds, scratch_in(workspace));
  const MeasuredStep measured{{.key = key,
                               .machine = machine_name(sample.device_name),
                               .cost = sample.cost,
                               .p10_s = sample.p10_s,
                               .p90_s = sample.p90_s,
                               .spread = sample.spread,
                               .samples = sample.samples},
                              sample.interrupted,
                              sample.interrupted > kMostInterrupted};
  write_calibration(workspace, measured.calibration, utc_now());
  session.say(fmt::format("  {:.3f} ms per local step ({:.3f} ms to {:.3f} ms)",
                          1e3 * sample.cost.step_s, 1e3 * sample.p10_s, 1e3 * sample.p90_s));
  if (measured.busy) {
    session.say(
        fmt::format("  others held up {:.0f} % of the steps: the machine is busy, and times "
                    "will be too long; calibrate again when it is idle",
                    100 * sample.interrupted));
  }
  return measured;
}

NetworkCalibration calibrate_network(Session& session, const Workspace& workspace,
                                     const TrainerSetup& trainer) {
  session.say("measuring the network between two processes of this machine");
  ProcessRunner runner;
  const NetworkFit fit = measure_network(runner, trainer, scratch_in(workspace));
  const NetworkCalibration network{machine_name("mpi"), fit, utc_now()};
  write_network_calibration(workspace, network);
  session.say(fmt::format("  {:.1f} us latency, {:.2f} GB/s (R2 {:.3f})",
                          1e6 * fit.network.latency_s, 1e-9 * fit.network.bandwidth_bytes_s,
                          fit.r_squared));
  return network;
}
}  // namespace

StepSeconds calibrated_steps(const Workspace& workspace) {
  StepSeconds seconds;
  for (const Calibration& calibration : read_calibrations(workspace).steps) {
    if (is_this_machine(calibration.machine)) seconds[calibration.key] = calibration.cost.step_s;
  }
  return seconds;
}

CalibrationOutcome calibrate(Session& session, const Tables& tables, const Workspace& workspace,
                             const Plan& plan, const TrainerSetup& trainer, double seconds,
                             bool again) {
  const CalibrationFiles known = read_calibrations(workspace);
  const StepSeconds have = calibrated_steps(workspace);
  CalibrationOutcome outcome;
  const auto attempt = [&](const auto& measure) {
    try {
      measure();
    } catch (const LaunchError& error) {
      outcome.failures.push_back(error.what());
    }
  };
  const StopSignals signals;
  const auto go_on = [&] { return signals.count() == 0; };
  for (const auto& [key, config] : kinds_of(tables, plan)) {
    if (!go_on() || (!again && have.count(key))) continue;
    attempt([&, k = key, c = config] {
      outcome.steps.push_back(calibrate_kind(session, workspace, trainer, seconds, k, c));
    });
  }
  if (go_on() && wants_measured_network(plan) && (again || !has_network(known))) {
    attempt([&] { outcome.network = calibrate_network(session, workspace, trainer); });
  }
  outcome.interrupted = !go_on();
  return outcome;
}

bool calibrate_what_is_missing(Session& session, const Tables& tables, const Workspace& workspace,
                               const Plan& plan, const TrainerSetup& trainer,
                               const std::string& later) {
  const CalibrationOutcome outcome =
      calibrate(session, tables, workspace, plan, trainer, kQuickCalibrationS, false);
  for (const std::string& failure : outcome.failures) {
    session.say(fmt::format("not calibrated: {} (later: {})", failure, later));
  }
  return !outcome.interrupted;
}

}  // namespace lockstep
