#include "results/record/checkpoint_files.hpp"

#include <fmt/format.h>

#include <fstream>
#include <vector>

#include "results/record/checkpoint_manifest.hpp"
#include "results/record/digest.hpp"
#include "results/record/file_system.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
constexpr std::size_t kChunk = 1 << 20;

std::string sha256_of_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Sha256 hash;
  std::vector<char> buffer(kChunk);
  while (file.read(buffer.data(), static_cast<std::streamsize>(kChunk)) || file.gcount() > 0)
    hash.update({buffer.data(), static_cast<std::size_t>(file.gcount())});
  return hash.hex();
}

std::string shard_problem(const fs::path& shard, std::int64_t bytes, const std::string& sha256,
                          bool hashes) {
  std::error_code error;
  const auto found = fs::file_size(shard, error);
  const std::string name = shard.filename().string();
  if (error) return name + " is missing";
  if (static_cast<std::int64_t>(found) != bytes)
    return fmt::format("{} has {} bytes, not {}", name, found, bytes);
  if (hashes && sha256_of_file(shard) != sha256) return name + " is damaged: its SHA-256 is wrong";
  return "";
}
}  // namespace

CheckpointState look_at_checkpoint(const fs::path& directory, bool hashes) {
  CheckpointState state;
  try {
    const auto manifest = parse_manifest(read_plain_file(directory / "MANIFEST.json"));
    state.validation = manifest.validation;
    state.keep = manifest.keep;
    for (const ManifestShard& file : manifest.files) {
      state.bytes += file.bytes;
      const std::string problem =
          shard_problem(directory / file.name, file.bytes, file.sha256, hashes);
      if (state.problem.empty()) state.problem = problem;
    }
  } catch (const RecordError& error) {
    state.problem = error.what();
  }
  return state;
}

}  // namespace lockstep
