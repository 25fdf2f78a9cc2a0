// From a folder of pictures to a finished run of resnet18, with the real programs: pack, train,
// stop, resume, export.
#include <catch2/catch.hpp>
#include <fstream>

#include "results/record/record_file.hpp"
#include "results/record/workspace.hpp"
#include "sweeps/run/run_id.hpp"
#include "tests/support/picture_files.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;
using Catch::Contains;

// Two workers x 2 pictures: 3 steps an epoch, 6 in all.
constexpr const char* kSpec = R"(
lockstep: 1
study: packed
question: Does it train on packed pictures?
base: {dataset: imagenet, train_samples: 14, model: resnet18, augmentation: resized_crop_flip,
       bn_statistics: average, workers: 2, batch_per_worker: 2, epochs: 2, lr: 0.01}
variants:
  - {algorithm: local_sgd, H: 2}
)";

CommandResult trainer(const std::vector<std::string>& words) {
  std::vector<std::string> argv{
      (fs::path(lockstep_program()).parent_path() / "lockstep-train").string()};
  argv.insert(argv.end(), words.begin(), words.end());
  const auto result = ProcessRunner().run({.argv = argv, .deadline_s = 100});
  UNSCOPED_INFO("rc " << result.rc << "\n" << result.out << result.err);
  return result;
}

/// A folder with the spec, and a packed data set in it.
struct Study : Cli {
  std::string spec_file = (folder() / "packed.yaml").string();

  Study() { std::ofstream(spec_file) << kSpec; }
  CommandResult train() {
    return run({"run", spec_file, "--no-calibration", "--no-certificates", "--no-report"});
  }
  RunDirectory run_directory() const {
    const auto runs = fs::directory_iterator(Workspace(workspace()).runs());
    REQUIRE(runs != fs::directory_iterator());
    return RunDirectory(runs->path());
  }
  std::string state_sha256(int attempt) const {
    const auto segment = read_segment_file(run_directory().events(attempt));
    REQUIRE(segment.sealed);
    return std::get<EndRecord>(segment.records.back()).state_sha256;
  }
  void pack() {
    write_picture_tree(folder() / "pictures/train", {5, 5, 5});
    write_picture_tree(folder() / "pictures/val", {1, 1, 1}, 50);
    for (const char* part : {"train", "val"}) {
      const fs::path file = folder() / "imagenet" / (std::string(part) + ".pack");
      fs::create_directories(file.parent_path());
      const auto packed = trainer({"pack", (folder() / "pictures" / part).string(), file.string()});
      CHECK(packed.rc == 0);
      CHECK_THAT(packed.out, Contains("of 3 classes"));
      CHECK_THAT(packed.err, Contains("packed 3 of 3") || Contains("packed 15 of 15"));
    }
  }
};
}  // namespace

TEST_CASE("resnet18 trains on packed pictures, and a stop changes nothing") {
  Study whole;
  const auto missing = whole.train();
  CHECK(missing.rc == 5);
  CHECK_THAT(missing.err,
             Contains("train.pack is missing in " + (whole.folder() / "imagenet").string()) &&
                 Contains("lockstep-train pack ILSVRC2012/train"));
  whole.pack();
  const auto again = trainer({"pack", (whole.folder() / "pictures/train").string(),
                              (whole.folder() / "imagenet/train.pack").string()});
  CHECK_THAT(again.out, Contains("nothing to do"));
  REQUIRE(whole.train().rc == 0);
  const RunDirectory done = whole.run_directory();

  Study parts;
  parts.pack();
  const RunDirectory run(Workspace(parts.workspace()).run(done.id()).path());
  run.create(read_file(done.config()));
  CHECK(trainer({"--run-dir", run.path().string(), "--data", parts.folder().string(),
                 "--stop-at-step", "3"})
            .rc == 75);
  const fs::path out = parts.folder() / "model.safetensors";
  const auto exported = trainer({"export-model", "--run-dir", run.path().string(), "--data",
                                 parts.folder().string(), "--out", out.string()});
  CHECK(exported.rc == 0);
  CHECK_THAT(exported.out, Contains("step-3-a1") && Contains(sha256_hex(read_file(out))) &&
                               Contains((parts.folder() / "models").string()));
  REQUIRE(parts.train().rc == 0);
  CHECK(parts.state_sha256(2) == whole.state_sha256(1));
  CHECK(read_file(parts.run_directory().model()) == read_file(done.model()));

  const auto refused =
      trainer({"export-model", "--run-dir", run.path().string(), "--out", out.string()});
  CHECK(refused.rc == 2);
  CHECK_THAT(refused.err, Contains("exists"));
  const auto header = std::get<HeaderRecord>(read_segment_file(done.events(1)).records.front());
  CHECK_THAT(header.libraries.at("jpeg"), Contains("libjpeg-turbo") && Contains("islow"));
  CHECK(header.data_sha256.size() == 2);
}

}  // namespace lockstep::test
