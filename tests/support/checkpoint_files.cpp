#include "tests/support/checkpoint_files.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "results/record/digest.hpp"
#include "results/record/record_file.hpp"

namespace lockstep::test {

void write_checkpoint(const std::filesystem::path& directory,
                      const std::vector<std::string>& shards, const std::string& first_name) {
  std::filesystem::create_directories(directory);
  nlohmann::ordered_json manifest{{"format", 1}, {"files", nlohmann::ordered_json::array()}};
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

}  // namespace lockstep::test
