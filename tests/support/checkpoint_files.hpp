// Checkpoints whose shards hold nothing of meaning, under a manifest that fits them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "results/record/retention.hpp"

namespace lockstep::test {

/// `first_name` replaces rank0.safetensors in the manifest.
void write_checkpoint(const std::filesystem::path& directory,
                      const std::vector<std::string>& shards,
                      const std::string& first_name = "rank0.safetensors");

/// With what its writer says about keeping it.
void write_checkpoint(const std::filesystem::path& directory,
                      const std::vector<std::string>& shards, const Validation& validation,
                      const Retention& keep);

}  // namespace lockstep::test
