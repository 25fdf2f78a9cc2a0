#include "tests/support/checkpoint_files.hpp"

#include <fstream>

#include "results/record/checkpoint_manifest.hpp"
#include "results/record/digest.hpp"

namespace lockstep::test {

namespace {
void write(const std::filesystem::path& directory, const std::vector<std::string>& shards,
           const std::string& first_name, CheckpointManifest manifest) {
  std::filesystem::create_directories(directory);
  manifest.workers = static_cast<std::int64_t>(shards.size());
  for (std::size_t rank = 0; rank < shards.size(); ++rank) {
    const std::string name = "rank" + std::to_string(rank) + ".safetensors";
    std::ofstream(directory / name) << shards[rank];
    Sha256 hash;
    hash.update(shards[rank]);
    manifest.files.push_back({rank == 0 ? first_name : name,
                              static_cast<std::int64_t>(shards[rank].size()), hash.hex(),
                              static_cast<std::int64_t>(rank), 1});
  }
  std::ofstream(directory / "MANIFEST.json") << manifest_text(manifest);
}
}  // namespace

void write_checkpoint(const std::filesystem::path& directory,
                      const std::vector<std::string>& shards, const std::string& first_name) {
  write(directory, shards, first_name, {});
}

void write_checkpoint(const std::filesystem::path& directory,
                      const std::vector<std::string>& shards, const Validation& validation,
                      const Retention& keep) {
  CheckpointManifest manifest;
  manifest.validation = validation;
  manifest.keep = keep;
  write(directory, shards, "rank0.safetensors", std::move(manifest));
}

}  // namespace lockstep::test
