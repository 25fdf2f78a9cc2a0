// Has the trainer check the identities that must hold before a study's budget is spent on it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/launch/command_runner.hpp"
#include "orchestrator/launch/trainer_command.hpp"
#include "results/store/study_data.hpp"

namespace lockstep {

struct IdentityReport {
  std::vector<CertificateCheck> checks;
  std::string device_name;
};

/// Throws LaunchError naming `source` unless it is what `lockstep-train certify` writes.
IdentityReport parse_identities(std::string_view json, const std::string& source);

/// `lockstep-train certify` over config.json bytes of one model and data set, one per algorithm;
/// files in `scratch` (created, removed). Throws LaunchError with the trainer's last words if it
/// fails or takes too long.
IdentityReport check_identities(CommandRunner& runner, const TrainerSetup& trainer,
                                const std::vector<std::string>& configs_json,
                                const std::filesystem::path& scratch);

/// What names the program that is certified: another build needs another certificate. Throws
/// LaunchError where there is no such program.
std::string trainer_sha256(const TrainerSetup& trainer);

}  // namespace lockstep
