#include <ATen/ATen.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "results/record/record_error.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/training.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/comm/threads.hpp"
#include "trainer/engine/checkpoint.hpp"
#include "trainer/engine/safetensors.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;
using Catch::Contains;
using Int = std::int64_t;

TensorFile some_tensors() {
  TensorFile file;
  file.tensors["a"] = at::arange(6, at::kFloat).view({2, 3});
  file.tensors["b"] = at::full({4}, std::numeric_limits<double>::quiet_NaN(), at::kDouble);
  file.tensors["empty"] = at::empty({0}, at::kFloat);
  file.metadata["step"] = "9007199254740993";
  return file;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A directory with checkpoints after steps 10, 20 and 30 of two workers.
struct Saved {
  TempDir temporary;
  RunDirectory directory{temporary.path() / std::string(32, 'b')};
  CheckpointIdentity identity{directory.id(), "config", {{"file", "hash"}}};
  std::unique_ptr<Communicator> comm = make_self_communicator(2);
  CheckpointStore store{directory, identity, *comm, 0, 1};

  Saved() {
    fs::create_directories(directory.path());
    for (const Int step : {10, 20, 30}) REQUIRE(store.save(state(step), step).error.empty());
  }
  static TrainingState state(Int step) {
    TrainingState state{step, step - 1, 0.5, {2, 0, 2}, {}};
    state.saved.rows["parameters"] = at::full({2, 5}, static_cast<double>(step), at::kFloat);
    state.saved.shared["anchor"] = at::full({5}, -static_cast<double>(step), at::kFloat);
    state.saved.numbers["n"] = step;
    return state;
  }
  fs::path shard(Int step) const { return directory.checkpoint({step, 1}) / "rank0.safetensors"; }
};

void overwrite(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}
}  // namespace

TEST_CASE("A tensor file gives back what was written") {
  const TempDir folder;
  const auto path = folder.path() / "x.safetensors";
  const WrittenFile written = write_tensor_file(path, some_tensors());
  CHECK(written.bytes == static_cast<Int>(fs::file_size(path)));
  const TensorFile read = parse_tensor_file(bytes_of(path), "x");
  CHECK(read.metadata.at("step") == "9007199254740993");
  for (const auto& [name, tensor] : some_tensors().tensors)
    CHECK(same_bits(read.tensors.at(name), tensor));
  CHECK_THROWS_WITH(write_tensor_file(path, some_tensors()), Contains("File exists"));
}

TEST_CASE("No truncation of a tensor file is read, and no header is trusted") {
  const TempDir folder;
  const auto path = folder.path() / "x.safetensors";
  write_tensor_file(path, some_tensors());
  const std::string bytes = bytes_of(path);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CHECK_THROWS_AS(parse_tensor_file(std::string_view(bytes).substr(0, length), "x"), RecordError);
  }
  const auto with_header = [](const std::string& header, const std::string& buffer) {
    const std::uint64_t length = header.size();
    return std::string(reinterpret_cast<const char*>(&length), 8) + header + buffer;
  };
  const std::string data(8, '\0');
  for (
      const char* header :
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})",   // bytes after the last tensor
       R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[4,8]}})",   // a hole
       R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})",   // shape and bytes differ
       R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})",  // negative
       R"({"a":{"dtype":"F32","shape":[4611686018427387905,2],"data_offsets":[0,8]}})",  // overflow
       R"({"a":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}})",   // unknown type
       R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,99]}})",  // beyond the file
       R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1000000000],"data_offsets":[8,8]}})",  // no bytes for a billion
       R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[0,-1],"data_offsets":[8,8]}})",
       R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[0,4611686018427387905,4],"data_offsets":[8,8]}})",
       R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",  // twice
       R"({"a":{"dtype":7,"shape":"x","data_offsets":[0,8]}})", R"([1])", R"({"a")"}) {
    INFO(header);
    CHECK_THROWS_AS(parse_tensor_file(with_header(header, data), "x"), RecordError);
  }
}

TEST_CASE("The newest good checkpoint is loaded, and two are kept") {
  Saved saved;
  CHECK_FALSE(fs::exists(saved.shard(10)));
  const CheckpointSearch search = saved.store.load_newest();
  const auto& loaded = search.newest;
  REQUIRE(loaded);
  CHECK(loaded->name.step == 30);
  CHECK(loaded->seq == 30);
  CHECK(loaded->state.last_sync == 29);
  CHECK(search.rejected.empty());
  CHECK(same_bits(loaded->state.saved.rows.at("parameters"),
                  Saved::state(30).saved.rows.at("parameters")));
  CHECK(same_bits(loaded->state.saved.shared.at("anchor"),
                  Saved::state(30).saved.shared.at("anchor")));
  CHECK(loaded->state.saved.numbers.at("n") == 30);
}

TEST_CASE("A damaged checkpoint is passed over for the one before, and said so") {
  for (const char* file : {"rank0.safetensors", "MANIFEST.json"}) {
    const std::string intact = bytes_of(Saved().directory.checkpoint({30, 1}) / file);
    for (std::size_t place = 3; place < intact.size(); place += 37) {
      Saved saved;
      std::string damaged = intact;
      damaged[place] = static_cast<char>(damaged[place] ^ 1);
      overwrite(saved.directory.checkpoint({30, 1}) / file, damaged);
      const CheckpointSearch search = saved.store.load_newest();
      INFO(file << ", byte " << place);
      REQUIRE(search.newest);
      CHECK(search.newest->name.step == 20);
      REQUIRE(search.rejected.size() == 1);
      CHECK_THAT(search.rejected.front(), Contains("step-30-a1") && Contains("damaged"));
    }
    Saved cut;
    fs::resize_file(cut.directory.checkpoint({30, 1}) / file, intact.size() / 2);
    CHECK(cut.store.load_newest().newest->name.step == 20);
  }
  Saved saved;
  fs::remove(saved.shard(30));
  fs::resize_file(saved.shard(20), 100);
  const CheckpointSearch search = saved.store.load_newest();
  CHECK_FALSE(search.newest);
  CHECK(search.rejected.size() == 2);
}

TEST_CASE("Damaged checkpoints of later steps never cost a good one its place") {
  Saved saved;  // 20 and 30 are there; both get damaged, and a second attempt starts over
  for (const Int step : {20, 30}) overwrite(saved.shard(step), "damaged");
  CheckpointStore second(saved.directory, saved.identity, *saved.comm, 0, 2);
  REQUIRE(second.save(Saved::state(5), 5).error.empty());
  REQUIRE(second.save(Saved::state(8), 8).error.empty());
  REQUIRE(second.load_newest().newest);
  CHECK(second.load_newest().newest->name == CheckpointName{8, 2});
  CHECK(fs::exists(saved.directory.checkpoint({5, 2})));
}

TEST_CASE("A damaged checkpoint that training has passed does not count as one of the kept") {
  Saved saved;
  overwrite(saved.shard(30), "damaged");
  CheckpointStore second(saved.directory, saved.identity, *saved.comm, 0, 2);
  REQUIRE(second.load_newest().newest->name.step == 20);
  for (const Int step : {25, 35}) REQUIRE(second.save(Saved::state(step), step).error.empty());
  overwrite(saved.directory.checkpoint({35, 2}) / "rank0.safetensors", "damaged");
  REQUIRE(second.load_newest().newest);
  CHECK(second.load_newest().newest->name == CheckpointName{25, 2});
}

TEST_CASE("The best checkpoint and every so many steps stay, over attempts too") {
  Saved saved;  // 20 and 30 are there
  const auto save = [&](CheckpointStore& store, Int step, double accuracy) {
    TrainingState state = Saved::state(step);
    state.validation = Validation{step, accuracy};
    REQUIRE(store.save(state, step).error.empty());
  };
  const auto steps = [&] {
    std::vector<Int> found;
    for (const CheckpointName& name : saved.directory.checkpoint_names())
      found.push_back(name.step);
    return found;
  };
  CheckpointStore first(saved.directory, saved.identity, *saved.comm, 0, 1, {.every_steps = 50});
  for (const Int step : {40, 50, 60, 70, 80}) save(first, step, step == 40 ? 0.9 : 0.8);
  CHECK(steps() == std::vector<Int>{80, 70, 50, 40});

  CheckpointStore second(saved.directory, saved.identity, *saved.comm, 0, 2, {.every_steps = 50});
  REQUIRE(second.load_newest().newest->state.validation == Validation{80, 0.8});
  save(second, 90, 0.95);
  CHECK(steps() == std::vector<Int>{90, 80, 50});
  save(second, 100, 0.95);  // no better than the first of equals
  save(second, 110, 0.1);
  CHECK(steps() == std::vector<Int>{110, 100, 90, 50});

  // A damaged best is nobody's best.
  overwrite(saved.directory.checkpoint({110, 2}) / "rank0.safetensors", "damaged");
  CheckpointStore third(saved.directory, saved.identity, *saved.comm, 0, 3, {.last = 3});
  REQUIRE(third.load_newest().newest->name.step == 100);
  save(third, 120, 0.2);
  CHECK(steps() == std::vector<Int>{120, 110, 100, 90});
}

TEST_CASE("Checkpoints of a higher attempt are not judged, whatever their step") {
  Saved saved;
  CheckpointStore newer(saved.directory, saved.identity, *saved.comm, 0, 2);
  REQUIRE(newer.save(Saved::state(15), 15).error.empty());
  for (const Int step : {40, 50, 60}) {
    REQUIRE(saved.store.save(Saved::state(step), step).error.empty());
    CHECK(fs::exists(saved.directory.checkpoint({15, 2}) / "MANIFEST.json"));
  }
  CHECK_FALSE(fs::exists(saved.shard(40)));
}

TEST_CASE("A shard that only one process cannot read makes all go back") {
  const TempDir temporary;
  const RunDirectory directory(temporary.path() / std::string(32, 'c'));
  fs::create_directories(directory.path());
  const auto in_both = [&](const std::function<void(CheckpointStore&, WorkerRange)>& body) {
    run_threads(2, 2, [&](Communicator& comm) {
      const WorkerRange workers = comm.workers();
      CheckpointStore store(directory, {directory.id(), "config", {}}, comm, workers.first, 1);
      body(store, workers);
    });
  };
  in_both([](CheckpointStore& store, WorkerRange workers) {
    for (const Int step : {10, 20}) {
      TrainingState state{step, step, 0, workers, {}};
      state.saved.rows["parameters"] = at::full({1, 3}, static_cast<double>(step), at::kFloat);
      if (!store.save(state, step).error.empty()) throw std::runtime_error("save failed");
    }
  });
  overwrite(directory.checkpoint({20, 1}) / "rank1.safetensors", "damaged");
  in_both([](CheckpointStore& store, WorkerRange) {
    const CheckpointSearch search = store.load_newest();
    if (!search.newest || search.newest->name.step != 10 || search.rejected.size() != 1) {
      throw std::runtime_error("the processes did not go back together");
    }
  });
}

TEST_CASE("What killed saves of earlier attempts have left is removed, a running one's is not") {
  Saved saved;
  const auto checkpoints = saved.directory.checkpoints();
  for (const char* name : {".tmp-step-7-a1", ".trash-step-3-a1", ".tmp-step-7-a2"}) {
    fs::create_directories(checkpoints / name);
  }
  CheckpointStore second(saved.directory, saved.identity, *saved.comm, 0, 2);
  second.remove_leftovers();
  CHECK_FALSE(fs::exists(checkpoints / ".tmp-step-7-a1"));
  CHECK_FALSE(fs::exists(checkpoints / ".trash-step-3-a1"));
  CHECK(fs::exists(checkpoints / ".tmp-step-7-a2"));
}

TEST_CASE("A directory without a manifest is no checkpoint, and other data are refused") {
  Saved saved;
  fs::remove(saved.directory.checkpoint({30, 1}) / "MANIFEST.json");
  CHECK(saved.store.load_newest().newest->name.step == 20);
  CheckpointStore other(saved.directory,
                        {saved.directory.id(), "config", {{"file", "another hash"}}}, *saved.comm,
                        0, 2);
  CHECK_THROWS_AS(other.load_newest(), DataError);
  CheckpointStore foreign(saved.directory,
                          {saved.directory.id(), "another config", {{"file", "hash"}}}, *saved.comm,
                          0, 2);
  CHECK_FALSE(foreign.load_newest().newest);
}

TEST_CASE(
    "A checkpoint that cannot be written is an outcome, not an exception, and the last good one "
    "stays") {
  Saved saved;
  const auto checkpoints = saved.directory.checkpoints();
  // A file where the temporary directory belongs cannot be a folder for shards; works as root too.
  fs::rename(checkpoints, saved.temporary.path() / "kept");
  overwrite(checkpoints, "in the way");
  const CheckpointOutcome outcome = saved.store.save(Saved::state(40), 40);
  CHECK(outcome.name.empty());
  CHECK_FALSE(outcome.error.empty());
  fs::remove(checkpoints);
  fs::rename(saved.temporary.path() / "kept", checkpoints);
  CHECK(saved.store.load_newest().newest->name.step == 30);
}

}  // namespace lockstep::test
