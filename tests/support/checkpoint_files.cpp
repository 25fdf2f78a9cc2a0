#include "tests/support/checkpoint_files.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "results/record/digest.hpp"
#include "results/record/record_file.hpp"

namespace lockstep::test {

namespace {
void write(const std::filesystem::path& directory, const std::vector<std::string>& shards,
           const std::string& first_name, nlohmann::ordered_json manifest) {
  std::filesystem::create_directories(directory);
  manifest["format"] = 1;
  manifest["files"] = nlohmann::ordered_json::array();
  for (std::size_t rank = 0; rank < shards.size(); ++rank) {
    const std::string name = "rank" + std::to_string(rank) + ".safetensors";
    std::ofstream(directory / name) << shards[rank];
    Sha256 hash;
    hash.update(shards[rank]);
    manifest["files"].push_back({{"name", rank == 0 ? first_name : name},
                                 {"bytes", shards[rank].size()},
                                 {"sha256", hash.hex()}});
  }
  std::string text = manifest.dump();
  text.pop_back();
  std::ofstream(directory / "MANIFEST.json") << sealed_line(text);
}
}  // namespace

void write_checkpoint(const std::filesystem::path& directory,
                      const std::vector<std::string>& shards, const std::string& first_name) {
  write(directory, shards, first_name, nlohmann::ordered_json::object());
}

void write_checkpoint(const std::filesystem::path& directory,
                      const std::vector<std::string>& shards, const Validation& validation,
                      const Retention& keep) {
  write(directory, shards, "rank0.safetensors",
        {{"validation", {{"step", validation.step}, {"accuracy", validation.accuracy}}},
         {"keep", {{"last", keep.last}, {"every_steps", keep.every_steps}, {"best", keep.best}}}});
}

}  // namespace lockstep::test
