// Measures what a local step costs on this machine and what its network gives, by running the
// trainer's own calibration under exclusive use. How processes are combined is pure and apart.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/launch/command_runner.hpp"
#include "orchestrator/launch/trainer_command.hpp"
#include "results/clock/clock.hpp"

namespace lockstep {

/// What one `lockstep-train calibrate` measured on its core.
struct StepSample {
  StepCost cost;
  double p10_s = 0, p90_s = 0;
  StepSpread spread;
  std::int64_t samples = 0;
  double interrupted = 0;  ///< share of steps that others held up
  std::string device_name;
};

/// Throws LaunchError naming `source` unless it is a calibration with positive, finite step times.
StepSample parse_step_sample(std::string_view json, const std::string& source);

/// Of `at_once` cores that were busy at the same time, round by round: the mean of their costs. Not
/// the slowest: stragglers are an explicit model of the clock, and the slowest core would be sold
/// twice. That cores of a round differ adds to the spread of their steps. p10 is the lowest, p90
/// the highest, interruptions are those of the worst core. `samples` is not empty.
StepSample combine(const std::vector<StepSample>& samples, int at_once);

/// Runs `processes` calibrations of config.json bytes at once, several times over with new
/// processes, for `seconds` of measuring in all; files in `scratch` (created, removed). Throws
/// LaunchError with the trainer's last words if one fails or takes too long.
StepSample measure_step(const TrainerSetup& trainer, const std::string& config_json, int processes,
                        double seconds, const std::filesystem::path& scratch);

struct NetworkSamples {
  std::int64_t processes = 2;
  std::vector<AllReduceSample> samples;
};
NetworkSamples parse_network_samples(std::string_view json, const std::string& source);

/// `mpirun -n 2 lockstep-train calibrate-network`, fitted. Throws LaunchError.
NetworkFit measure_network(CommandRunner& runner, const TrainerSetup& trainer,
                           const std::filesystem::path& scratch);

}  // namespace lockstep
