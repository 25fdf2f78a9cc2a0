#include "orchestrator/schedule/certifier.hpp"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "orchestrator/launch/process.hpp"
#include "orchestrator/schedule/scratch.hpp"
#include "results/record/digest.hpp"
#include "results/record/run_directory.hpp"

namespace lockstep {

namespace {
/// Some hundred steps: minutes for a large network on a CPU, and then as long again.
constexpr double kDeadlineS = 1800;
}  // namespace

IdentityReport parse_identities(std::string_view text, const std::string& source) {
  try {
    const auto json = nlohmann::json::parse(text);
    IdentityReport report{.checks = {}, .device_name = json.at("device_name").get<std::string>()};
    for (const auto& check : json.at("checks")) {
      const auto& deviation = check.at("deviation");  // null: not a number, or without bound
      report.checks.push_back(
          {check.at("name").get<std::string>(), check.at("algorithm").get<std::string>(),
           check.at("claim").get<std::string>(),
           deviation.is_null() ? std::numeric_limits<double>::infinity() : deviation.get<double>(),
           check.at("allowed").get<double>()});
    }
    if (report.checks.empty()) throw LaunchError("it holds no check");
    return report;
  } catch (const std::exception& error) {
    throw LaunchError(fmt::format("{} is no report of identities: {}", source, error.what()));
  }
}

IdentityReport check_identities(CommandRunner& runner, const TrainerSetup& trainer,
                                const std::vector<std::string>& configs_json,
                                const std::filesystem::path& folder) {
  const Scratch scratch(folder);
  const std::filesystem::path out = scratch / "identities.json";
  std::vector<std::string> argv{trainer.program.string(), "certify"};
  for (std::size_t i = 0; i < configs_json.size(); ++i) {
    const std::filesystem::path config = scratch / fmt::format("config-{}.json", i);
    write_file_atomically(config, configs_json[i]);
    argv.insert(argv.end(), {"--config", config.string()});
  }
  argv.insert(argv.end(), {"--out", out.string(), "--scratch", (scratch / "runs").string()});
  if (!trainer.data.empty()) argv.insert(argv.end(), {"--data", trainer.data.string()});
  const CommandResult result = runner.run({.argv = argv,
                                           .input = "",
                                           .directory = {},
                                           .environment = trainer_environment(trainer),
                                           .deadline_s = kDeadlineS});
  if (result.timed_out) throw LaunchError("checking identities takes too long");
  if (!result.ok()) {
    throw LaunchError(fmt::format("checking identities failed (exit {}): {}", result.rc,
                                  last_line(result.out + result.err)));
  }
  return parse_identities(read_file(out), out.string());
}

std::string trainer_sha256(const TrainerSetup& trainer) {
  const auto program = find_program(trainer.program.string());
  if (!program)
    throw LaunchError(fmt::format("there is no trainer at {}", trainer.program.string()));
  Sha256 hash;
  hash.update(read_file(*program));
  return hash.hex();
}

}  // namespace lockstep
