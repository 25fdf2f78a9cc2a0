// Checkpoints judged by their files alone.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <limits>

#include "results/record/checkpoint_files.hpp"
#include "results/record/checkpoint_manifest.hpp"
#include "results/record/record_file.hpp"
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

TEST_CASE("a manifest has every worker once, and reads back") {
  const CheckpointManifest good{
      .run = "r",
      .config_sha256 = "c",
      .data_sha256 = {{"f", "h"}},
      .build = "b",
      .attempt = 2,
      .step = 30,
      .last_sync = 28,
      .workers = 4,
      .seq = 17,
      .validation = Validation{25, 0.75},
      .keep = {.last = 3, .every_steps = 100, .best = false},
      .files = {{"rank0.safetensors", 10, "x", 0, 2}, {"rank1.safetensors", 12, "y", 2, 2}}};
  CHECK(parse_manifest(manifest_text(good)) == good);
  const auto refused = [&](auto change) {
    CheckpointManifest bad = good;
    change(bad);
    CHECK_THROWS_AS(parse_manifest(manifest_text(bad)), RecordError);
  };
  refused([](auto& m) { m.files.pop_back(); });               // two workers are in no shard
  refused([](auto& m) { m.files.back().first_worker = 1; });  // one is in two
  refused([](auto& m) { m.files.back().first_worker = 3; });  // one is in none
  refused([](auto& m) { m.files.back().workers = std::numeric_limits<std::int64_t>::max(); });
  refused([](auto& m) { m.files.back().bytes = -1; });
  refused([](auto& m) { m.files.back().name = "../rank1.safetensors"; });
  refused([](auto& m) { m.workers = 0, m.files.clear(); });
  refused([](auto& m) { m.keep.last = -1; });
  refused([](auto& m) { m.validation->step = -1; });
  CHECK_THROWS_AS(parse_manifest(sealed_line("{\"format\":2")), FormatError);

  // More than the program can count is not another number.
  const std::string line = manifest_text(good);
  std::string body(checked_body(std::string_view(line).substr(0, line.size() - 1)).value());
  body.replace(body.find("\"last\":3"), 8, "\"last\":4294967299");
  CHECK_THROWS_AS(parse_manifest(sealed_line(body)), RecordError);
}

TEST_CASE("a manifest cannot lead out of its directory") {
  const test::TempDir temp;
  std::ofstream(temp.path() / "secret") << "abc";
  test::write_checkpoint(temp.path() / "c", {"abc"}, "../secret");
  CHECK_THAT(look_at_checkpoint(temp.path() / "c", true).problem, Contains("the shard's name"));
}
