// Checkpoints judged by their files alone.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "results/record/checkpoint_files.hpp"
#include "results/record/run_directory.hpp"
#include "tests/support/checkpoint_files.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;
namespace fs = std::filesystem;
using Catch::Contains;

TEST_CASE("a whole checkpoint has no problem, and its size is its shards'") {
  const test::TempDir temp;
  test::write_checkpoint(temp.path() / "c", {"abc", "defgh"});
  for (const bool hashes : {false, true}) {
    const auto state = look_at_checkpoint(temp.path() / "c", hashes);
    CHECK(state.problem == "");
    CHECK(state.bytes == 8);
  }
}

TEST_CASE("what is wrong with a checkpoint is said, not thrown") {
  const test::TempDir temp;
  const auto folder = temp.path() / "c";
  const auto problem = [&](bool hashes) { return look_at_checkpoint(folder, hashes).problem; };
  CHECK_THAT(problem(false), Contains("MANIFEST.json"));
  test::write_checkpoint(folder, {"abc", "defgh"});
  std::ofstream(folder / "rank1.safetensors") << "dXfgh";
  CHECK(problem(false) == "");
  CHECK_THAT(problem(true), Contains("rank1.safetensors is damaged"));
  std::ofstream(folder / "rank1.safetensors") << "de";
  CHECK_THAT(problem(false), Contains("has 2 bytes, not 5"));
  fs::remove(folder / "rank0.safetensors");
  CHECK_THAT(problem(false), Contains("rank0.safetensors is missing"));

  const std::string manifest = read_file(folder / "MANIFEST.json");
  for (std::size_t i = 0; i + 1 < manifest.size(); ++i) {
    std::string flipped = manifest;
    flipped[i] = static_cast<char>(flipped[i] ^ 4);
    std::ofstream(folder / "MANIFEST.json") << flipped;
    REQUIRE_THAT(problem(false), Contains("manifest"));
  }
}

TEST_CASE("a manifest cannot lead out of its directory") {
  const test::TempDir temp;
  std::ofstream(temp.path() / "secret") << "abc";
  test::write_checkpoint(temp.path() / "c", {"abc"}, "../secret");
  CHECK_THAT(look_at_checkpoint(temp.path() / "c", true).problem, Contains("the shard's name"));
}
