// The averaged model of a run that has ended, was stopped or still trains, as a file: to look at in
// Python, or for another run to start from. Only reads the run directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "trainer/engine/registry.hpp"

namespace lockstep {

struct ExportRequest {
  std::filesystem::path run_directory, data_folder, out;
  std::optional<std::int64_t> step;  ///< of a checkpoint; none: the final model, else the newest
};

struct ExportedModel {
  std::string source;              ///< "model.safetensors", or the checkpoint's name
  std::string sha256;              ///< of the file
  std::vector<std::string> notes;  ///< what was passed over, and why
};

/// Writes the mean of the workers' parameters, with BatchNorm statistics as an evaluation there
/// would have them, to `request.out`. A finished run gives the bytes of its model.safetensors. The
/// data set is loaded for what comes from a checkpoint, which must fit it (DataError). Throws
/// ConfigError where nothing can be exported, or `out` exists.
ExportedModel export_model(const Registry& registry, const RunConfig& config,
                           const ExportRequest& request);

}  // namespace lockstep
