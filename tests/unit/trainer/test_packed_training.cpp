// Training on packed pictures: found, checked, the same bits for every number of processes and over
// stops.
#include <ATen/ATen.h>

#include <catch2/catch.hpp>

#include "tests/support/picture_files.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/training.hpp"
#include "trainer/data/pack_writer.hpp"
#include "trainer/data/packed_pictures.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;
using Catch::Contains;
using Text = std::string;
using Int = std::int64_t;
constexpr Int kSide = 16;

void pack(const fs::path& source, const fs::path& file) {
  fs::create_directories(file.parent_path());
  pack_pictures(source, file, {}, [](Int, Int) {});
}

/// A data folder with an imagenet of three classes, seen in 16 x 16.
struct TinyImagenet {
  TempDir temporary;
  TrainingCase problem = small_case()
                             .without({"hidden"})
                             .with({{"dataset", Text("imagenet")},
                                    {"model", Text("resnet8")},
                                    {"width", Int{1}},
                                    {"precision", Text("float32")},
                                    {"augmentation", Text("resized_crop_flip")},
                                    {"train_samples", Int{50}},
                                    {"workers", Int{4}},
                                    {"batch_per_worker", Int{3}},  // 3 steps an epoch
                                    {"steps", Int{10}},
                                    {"bn_recalibration_batches", Int{4}}});

  explicit TinyImagenet(const std::vector<int>& train = {20, 20, 20},
                        const std::vector<int>& test = {3, 3, 3}) {
    write_picture_tree(temporary.path() / "train", train);
    write_picture_tree(temporary.path() / "val", test, 50);
    pack(temporary.path() / "train", data() / "imagenet" / "train.pack");
    pack(temporary.path() / "val", data() / "imagenet" / "val.pack");
    for (DatasetRow& row : problem.registry.tables.datasets) {
      if (row.name == "imagenet") row.height = row.width = kSide;
    }
    const DatasetFactory load = problem.registry.datasets.at("imagenet");
    problem.registry.datasets["imagenet"] =
        [load, folder = data()](const DatasetRow& row, const RunConfig& config, const fs::path&) {
          return load(row, config, folder);
        };
  }
  fs::path data() const { return temporary.path() / "data"; }
  Dataset load(const Given& changes = {}) const {
    return problem.registry.load_dataset(problem.with(changes).config(), {});
  }
  Text error(const Given& changes = {}) const {
    try {
      load(changes);
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }
};

void check_equal(const Trained& a, const Trained& b) {
  CHECK(a.state_sha256 == b.state_sha256);
  CHECK(timeless(a.records) == timeless(b.records));
}
}  // namespace

TEST_CASE("A batch of packed pictures is their windows, normalised") {
  const TinyImagenet tiny;
  const Dataset dataset = tiny.load();
  const std::vector<Int> samples = {7, 0, 7};
  const Batch batch = gather(dataset, dataset.train, samples, true);
  REQUIRE(batch.images.sizes() == at::IntArrayRef({3, 3, kSide, kSide}));
  CHECK(batch.labels[0].item<Int>() == 7 % 3);
  const PackedPictures& packed = *dataset.train.packed;
  JpegDecoder decoder;
  DecodedRegion region;
  std::vector<std::uint8_t> pixels(3 * kSide * kSide);
  for (Int i = 0; i < 3; ++i) {
    const Int sample = samples[static_cast<std::size_t>(i)];
    packed.read(sample, centre_crop(packed.size_of(sample)), decoder, region, pixels.data());
    const at::Tensor bytes = at::from_blob(pixels.data(), {kSide, kSide, 3}, at::kByte);
    for (Int c = 0; c < 3; ++c) {
      const auto at = static_cast<std::size_t>(c);
      const at::Tensor expected =
          (bytes.select(2, c).to(at::kDouble) / 255 - dataset.mean[at]) / dataset.deviation[at];
      CHECK(difference(batch.images[i][c], expected) < 1e-12);
    }
  }
  const std::vector<Crop> crops = {{.window = packed.size_of(7)},
                                   {.window = packed.size_of(0)},
                                   {.mirrored = true, .window = packed.size_of(7)}};
  const at::Tensor seen = gather(dataset, dataset.train, samples, false, crops).images;
  CHECK(same_bits(seen[0], seen[2].flip({2})));
  CHECK_FALSE(same_bits(seen[0], seen[2]));
  CHECK(dataset.train.first(5).size() == 5);
}

TEST_CASE(
    "Training on packed pictures: the same bits for every number of processes and every stop") {
  const TinyImagenet tiny;
  const TrainingCase problem = tiny.problem.with({{"algorithm", Text("local_sgd")}, {"H", Int{4}}});
  const Trained one = train(problem, threads_world(1));
  check_equal(train(problem, threads_world(2)), one);
  check_equal(train(problem, threads_world(4)), one);
  check_equal(train(problem, threads_world(2), {2, 3, 5}), one);
  const Trained plain = train(problem.with({{"augmentation", Text("none")}}), threads_world(1));
  CHECK_FALSE(plain.state_sha256 == one.state_sha256);
}

TEST_CASE("A subset of a packed data set has all classes") {
  const TinyImagenet tiny;
  const Dataset dataset = tiny.load();
  CHECK(dataset.train.size() == 60);
  CHECK(dataset.test.size() == 9);
  for (Int i = 0; i < 60; ++i) CHECK(dataset.train.labels[i].item<Int>() == i % 3);
}

TEST_CASE("What is wrong with packed files is said before training, or names the picture") {
  {
    const TinyImagenet tiny;
    CHECK_THAT(tiny.error({{"train_samples", Int{61}}}),
               Contains("train.pack: 60 pictures") && Contains("is asked for 61"));
    CHECK_THAT(tiny.error({{"train_samples", Int{0}}}), Contains("has 1281167") &&
                                                            Contains("lockstep-train pack") &&
                                                            Contains("set train_samples"));
    fs::remove(tiny.data() / "imagenet" / "val.pack");
    CHECK_THAT(tiny.error(), Contains("no val.pack in") && Contains("lockstep-train pack"));
  }
  CHECK_THAT(TinyImagenet({20, 20, 20}, {3, 3}).error(), Contains("other classes"));
  const TinyImagenet tiny;
  const auto file = tiny.data() / "imagenet" / "train.pack";
  const Dataset before = tiny.load();
  std::string bytes = read_file(file);
  bytes[bytes.size() / 4] = static_cast<char>(bytes[bytes.size() / 4] ^ 1);
  fs::remove(file);  // the old one stays mapped
  write_file(file, bytes);
  CHECK(tiny.load().sha256 == before.sha256);  // of header, names and table: a picture is damaged
  CHECK_THROWS_WITH(train(tiny.problem, threads_world(1)), Contains("train.pack: sample ") &&
                                                               Contains(".JPEG)") &&
                                                               Contains("checksum is wrong"));
}

TEST_CASE("Augmentations go with the pictures that they are for") {
  const TinyImagenet tiny;
  const auto problem_with = [&](const char* dataset, const char* augmentation) {
    Given given = tiny.problem.given;
    given["dataset"] = Text(dataset);
    given["augmentation"] = Text(augmentation);
    const Resolution resolution = resolve(tiny.problem.registry.tables, given);
    return resolution.problems.empty() ? Text() : resolution.problems.front().message;
  };
  CHECK_THAT(problem_with("imagenet", "crop_flip"), Contains("does not go with imagenet"));
  CHECK_THAT(problem_with("cifar10", "resized_crop_flip"), Contains("does not go with cifar10"));
  CHECK(problem_with("imagenet", "resized_crop_flip") == "");
  CHECK(problem_with("cifar10", "crop_flip") == "");
}

}  // namespace lockstep::test
