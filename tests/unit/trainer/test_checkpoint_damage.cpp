// Every bit flip, every truncation and every lost file of a checkpoint is found, and the one before
// it is used.
#include <ATen/ATen.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "results/record/run_directory.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/training.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/engine/checkpoint.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;
using Int = std::int64_t;

/// Two checkpoints of two workers, small enough to be damaged ten thousand times.
class Victim {
 public:
  Victim() {
    fs::create_directories(directory_.path());
    for (const Int step : {1, 2}) REQUIRE(store_.save(state(step), step).error.empty());
  }

  fs::path file(const char* name) const { return directory_.checkpoint({2, 1}) / name; }

  /// Whether the older checkpoint is loaded, whole, and the newer one named with a reason.
  bool falls_back() {
    const CheckpointSearch search = store_.load_newest();
    if (!search.newest || search.newest->name.step != 1 || search.rejected.size() != 1)
      return false;
    return search.rejected.front().find("step-2-a1") != std::string::npos &&
           same_bits(search.newest->state.saved.rows.at("parameters"),
                     state(1).saved.rows.at("parameters"));
  }

 private:
  static TrainingState state(Int step) {
    TrainingState state{step, step, 0.5, {2, 0, 2}, {}};
    state.saved.rows["parameters"] =
        at::arange(160, at::kFloat).view({2, 80}) + static_cast<double>(step);
    state.saved.shared["anchor"] = at::full({5}, -static_cast<double>(step), at::kFloat);
    state.saved.numbers["n"] = step;
    return state;
  }

  TempDir temporary_;
  RunDirectory directory_{temporary_.path() / std::string(32, 'd')};
  std::unique_ptr<Communicator> comm_ = make_self_communicator(2);
  CheckpointStore store_{directory_, {directory_.id(), "config", {{"f", "h"}}}, *comm_, 0, 1};
};

void overwrite(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}
/// In place: some file systems put a file that is emptied and written anew on disk at once, which
/// ten thousand times takes long.
void overwrite_byte(const fs::path& path, std::size_t place, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(place)).put(byte);
}

constexpr const char* kFiles[] = {"rank0.safetensors", "MANIFEST.json"};
}  // namespace

TEST_CASE("10,000 single-bit flips of a checkpoint: each is found, and the one before is used") {
  Victim victim;
  std::size_t flips = 0;
  for (const char* name : kFiles) {
    const fs::path path = victim.file(name);
    const std::string bytes = read_file(path);
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit, ++flips) {
      const std::size_t place = bit / 8;
      overwrite_byte(path, place, static_cast<char>(bytes[place] ^ (1 << bit % 8)));
      if (!victim.falls_back()) FAIL(name << ": unseen flip of bit " << bit);
      overwrite_byte(path, place, bytes[place]);
    }
  }
  CHECK(flips >= 10'000);
}

TEST_CASE("1,000 truncations of a checkpoint: each is found, and the one before is used") {
  Victim victim;
  std::size_t cuts = 0;
  for (const char* name : kFiles) {
    const fs::path path = victim.file(name);
    const std::string bytes = read_file(path);
    for (std::size_t length = bytes.size(); length-- > 0; ++cuts) {
      fs::resize_file(path, length);
      if (!victim.falls_back()) FAIL(name << ": cut to " << length << " bytes unseen");
    }
    overwrite(path, bytes + "x");
    CHECK(victim.falls_back());
    overwrite(path, bytes);
  }
  CHECK(cuts >= 1'000);
}

TEST_CASE("A checkpoint without one of its files, or with another's, is passed over") {
  Victim victim;
  const auto shard = victim.file("rank0.safetensors"), manifest = victim.file("MANIFEST.json");
  const std::string shard_bytes = read_file(shard), manifest_bytes = read_file(manifest);
  const fs::path older = manifest.parent_path().parent_path() / "step-1-a1";
  SECTION("the shard is gone") {
    fs::remove(shard);
    CHECK(victim.falls_back());
  }
  SECTION("the shard is a folder") {
    fs::remove(shard);
    fs::create_directory(shard);
    CHECK(victim.falls_back());
  }
  SECTION("the manifest of another checkpoint") {
    overwrite(manifest, read_file(older / "MANIFEST.json"));
    CHECK(victim.falls_back());
  }
  SECTION("the shard of another checkpoint") {
    overwrite(shard, read_file(older / "rank0.safetensors"));
    CHECK(victim.falls_back());
  }
}

}  // namespace lockstep::test
