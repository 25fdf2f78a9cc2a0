#include "orchestrator/schedule/calibrator.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "orchestrator/launch/process.hpp"
#include "orchestrator/schedule/scratch.hpp"
#include "results/record/record_error.hpp"
#include "results/record/run_directory.hpp"

namespace lockstep {

namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {
/// Where a process' memory lies decides a tenth of its speed, so several are asked.
constexpr int kRounds = 4;
constexpr double kStartUpS = 180;  // loading data and libraries, building the model, warm-up

class OpenFile {
 public:
  explicit OpenFile(const fs::path& path)
      : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640)) {
    if (fd_ < 0) throw LaunchError(fmt::format("cannot write {}", path.string()));
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { ::close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

Process start_one(const TrainerSetup& trainer, const Scratch& scratch, int index, double seconds) {
  std::vector<std::string> argv{trainer.program.string(),
                                "calibrate",
                                "--config",
                                (scratch / "config.json").string(),
                                "--out",
                                (scratch / fmt::format("{}.json", index)).string(),
                                "--seconds",
                                fmt::format("{}", seconds)};
  if (!trainer.data.empty()) argv.insert(argv.end(), {"--data", trainer.data.string()});
  const OpenFile log(scratch / fmt::format("{}.log", index));
  return Process::start({.argv = argv,
                         .environment = trainer_environment(trainer),
                         .directory = {},
                         .stdin_fd = -1,
                         .stdout_fd = log.fd(),
                         .stderr_fd = log.fd()});
}

double positive(const Json& json, const char* name) {
  const double value = json.at(name).get<double>();
  if (!std::isfinite(value) || value <= 0) throw LaunchError(fmt::format("{} is {}", name, value));
  return value;
}
}  // namespace

StepSample parse_step_sample(std::string_view text, const std::string& source) {
  try {
    const Json json = Json::parse(text);
    StepSample sample;
    sample.cost = {positive(json, "step_s"), json.at("backward_s").get<double>(),
                   json.at("average_s").get<double>()};
    sample.p10_s = positive(json, "p10_s");
    sample.p90_s = positive(json, "p90_s");
    sample.spread.deviation_s = json.at("deviation_s").get<std::vector<double>>();
    for (const double deviation_s : sample.spread.deviation_s) {
      if (!(deviation_s >= 0)) throw LaunchError(fmt::format("a deviation is {}", deviation_s));
    }
    sample.spread.interrupted_s = json.at("interrupted_s").get<double>();
    sample.samples = json.at("samples").get<std::int64_t>();
    sample.interrupted = json.at("interrupted").get<double>();
    sample.device_name = json.at("device_name").get<std::string>();
    return sample;
  } catch (const std::exception& error) {
    throw LaunchError(fmt::format("{} is no calibration: {}", source, error.what()));
  }
}

namespace {
/// Mean over rounds of the variance among the cores of a round.
double variance_between(const std::vector<StepSample>& samples, std::size_t at_once) {
  double sum = 0;
  std::size_t degrees = 0;
  for (std::size_t begin = 0; begin < samples.size(); begin += at_once) {
    const std::size_t end = std::min(begin + at_once, samples.size());
    double mean_s = 0;
    for (std::size_t i = begin; i < end; ++i)
      mean_s += samples[i].cost.step_s / static_cast<double>(end - begin);
    for (std::size_t i = begin; i < end; ++i)
      sum += (samples[i].cost.step_s - mean_s) * (samples[i].cost.step_s - mean_s);
    degrees += end - begin - 1;
  }
  return degrees > 0 ? sum / static_cast<double>(degrees) : 0;
}

StepSpread spread_over(const std::vector<StepSample>& samples, std::size_t at_once) {
  std::vector<StepSpread> within;
  for (const StepSample& sample : samples) within.push_back(sample.spread);
  StepSpread all = mean_of(within);
  const double between = variance_between(samples, at_once);
  for (double& deviation_s : all.deviation_s)
    deviation_s = std::sqrt(deviation_s * deviation_s + between);
  return all;
}
}  // namespace

StepSample combine(const std::vector<StepSample>& samples, int at_once) {
  StepSample all = samples.front();
  all.cost = {};
  all.samples = 0;
  for (const StepSample& sample : samples) {
    all.cost.step_s += sample.cost.step_s / static_cast<double>(samples.size());
    all.cost.backward_s += sample.cost.backward_s / static_cast<double>(samples.size());
    all.cost.average_s += sample.cost.average_s / static_cast<double>(samples.size());
    all.p10_s = std::min(all.p10_s, sample.p10_s);
    all.p90_s = std::max(all.p90_s, sample.p90_s);
    all.samples += sample.samples;
    all.interrupted = std::max(all.interrupted, sample.interrupted);
  }
  all.spread = spread_over(samples, static_cast<std::size_t>(at_once));
  return all;
}

namespace {
/// Of `processes` at once; scratch has config.json.
void measure_once(const TrainerSetup& trainer, const Scratch& scratch, int processes,
                  double seconds, std::vector<StepSample>& samples) {
  using Clock = std::chrono::steady_clock;
  std::vector<Process> running;
  for (int i = 0; i < processes; ++i) running.push_back(start_one(trainer, scratch, i, seconds));
  const auto deadline = Clock::now() + std::chrono::duration<double>(10 * seconds + kStartUpS);
  for (int i = 0; i < processes; ++i) {
    const double left_s = std::chrono::duration<double>(deadline - Clock::now()).count();
    const auto exit = running[static_cast<std::size_t>(i)].wait(std::max(0.0, left_s));
    if (!exit || exit->shell_code() != 0) {
      throw LaunchError(
          fmt::format("calibration {}: {}",
                      exit ? fmt::format("failed (exit {})", exit->shell_code()) : "takes too long",
                      last_line(read_file(scratch / fmt::format("{}.log", i)))));
    }
    const fs::path out = scratch / fmt::format("{}.json", i);
    samples.push_back(parse_step_sample(read_file(out), out.string()));
  }
}
}  // namespace

StepSample measure_step(const TrainerSetup& trainer, const std::string& config_json, int processes,
                        double seconds, const fs::path& folder) {
  const Scratch scratch(folder);
  write_file_atomically(scratch / "config.json", config_json);
  std::vector<StepSample> samples;
  for (int round = 0; round < kRounds; ++round)
    measure_once(trainer, scratch, processes, seconds / kRounds, samples);
  return combine(samples, processes);
}

NetworkSamples parse_network_samples(std::string_view text, const std::string& source) {
  try {
    const Json json = Json::parse(text);
    NetworkSamples result;
    result.processes = json.at("processes").get<std::int64_t>();
    for (const Json& entry : json.at("samples")) {
      result.samples.push_back({entry.at("bytes").get<double>(), positive(entry, "seconds")});
    }
    if (result.processes < 2 || result.samples.size() < 2)
      throw LaunchError("too few processes or samples");
    return result;
  } catch (const std::exception& error) {
    throw LaunchError(fmt::format("{} is no network calibration: {}", source, error.what()));
  }
}

NetworkFit measure_network(CommandRunner& runner, const TrainerSetup& trainer,
                           const fs::path& folder) {
  const Scratch scratch(folder);
  const fs::path out = scratch / "network.json";
  std::vector<std::string> argv = mpi_prefix(2);
  argv.insert(argv.end(), {trainer.program.string(), "calibrate-network", "--out", out.string()});
  const CommandResult result = runner.run({.argv = argv,
                                           .input = "",
                                           .directory = {},
                                           .environment = trainer_environment(trainer),
                                           .deadline_s = kStartUpS});
  if (!result.ok())
    throw LaunchError("network calibration failed: " + last_line(result.err + result.out));
  const NetworkSamples measured = parse_network_samples(read_file(out), out.string());
  return fit_network("measured", measured.processes, measured.samples);
}

}  // namespace lockstep
