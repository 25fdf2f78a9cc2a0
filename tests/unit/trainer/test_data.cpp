#include <ATen/ATen.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "tests/support/temp_dir.hpp"
#include "tests/support/training.hpp"
#include "trainer/data/random.hpp"
#include "trainer/data/sampler.hpp"

namespace lockstep::test {

namespace {
using Text = std::string;
using Int = std::int64_t;
namespace fs = std::filesystem;

std::string big_endian(Int number) {
  std::string text;
  for (const int shift : {24, 16, 8, 0}) text.push_back(static_cast<char>((number >> shift) & 255));
  return text;
}

std::string idx(const std::vector<Int>& shape, const std::string& bytes) {
  std::string text{'\0', '\0', '\x08', static_cast<char>(shape.size())};
  for (const Int extent : shape) text += big_endian(extent);
  return text + bytes;
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void write_gzip(const fs::path& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

/// Four training pictures of 2 x 3 pixels and two test pictures, in a folder that load_idx finds.
struct TinyFiles {
  TempDir folder;
  DatasetRow row{.name = "tiny",
                 .train_samples = 4,
                 .test_samples = 2,
                 .classes = 3,
                 .channels = 1,
                 .height = 2,
                 .width = 3,
                 .files = {"train-images", "train-labels", "test-images", "test-labels"},
                 .package = "package dataset-tiny"};
  fs::path base = folder.path() / "tiny";
  std::string pixels = std::string("\x00\x01\x02\x03\x04\x05", 6) + "abcdef" + "ABCDEF" + "123456";

  TinyFiles() {
    fs::create_directories(base);
    write_gzip(base / "train-images.gz", idx({4, 2, 3}, pixels));
    write(base / "train-labels", idx({4}, std::string("\0\1\2\1", 4)));
    write(base / "test-images", idx({2, 2, 3}, pixels.substr(0, 12)));
    write(base / "test-labels", idx({2}, std::string("\2\0", 2)));
  }
  Dataset load() const { return load_idx(row, {}, folder.path()); }
  std::string error() const {
    try {
      load();
    } catch (const DataError& failure) {
      return failure.what();
    }
    return "";
  }
};
}  // namespace

TEST_CASE("IDX files are read, gzip or plain, and normalised by the training pixels") {
  const TinyFiles files;
  const Dataset dataset = files.load();
  CHECK(dataset.train.images.sizes() == at::IntArrayRef({4, 1, 2, 3}));
  CHECK(dataset.train.images[1][0][0][0].item<int>() == 'a');
  CHECK(dataset.test.labels[0].item<Int>() == 2);
  CHECK(dataset.sha256.size() == 4);
  const at::Tensor shares = dataset.train.images.to(at::kDouble) / 255;
  CHECK(dataset.mean == Approx(shares.mean().item<double>()).epsilon(1e-12));
  CHECK(dataset.deviation == Approx(shares.std(false).item<double>()).epsilon(1e-12));

  const std::vector<Int> indices = {2, 0};
  const Batch batch = gather(dataset, dataset.train, indices, true);
  CHECK(batch.labels[0].item<Int>() == 2);
  CHECK(batch.images[0][0][0][0].item<double>() ==
        Approx(('A' / 255.0 - dataset.mean) / dataset.deviation).epsilon(1e-12));
}

TEST_CASE("A missing or damaged data set names the file, the folder and the remedy") {
  using Catch::Contains;
  {
    TinyFiles files;
    fs::remove(files.base / "train-images.gz");
    CHECK_THAT(files.error(), Contains("no train-images or train-images.gz") &&
                                  Contains("package dataset-tiny") && Contains("--data"));
  }
  const auto with_images = [](const std::string& bytes) {
    TinyFiles files;
    write(files.base / "test-images", bytes);
    return files.error();
  };
  CHECK_THAT(with_images("hello"), Contains("test-images: not an IDX file"));
  CHECK_THAT(with_images(idx({3, 2, 3}, std::string(18, 'x'))),
             Contains("dimension 0 is 3, expected 2"));
  CHECK_THAT(with_images(idx({2, 2, 3}, "short")), Contains("5 bytes of data, expected 12"));
  {
    TinyFiles files;
    write(files.base / "test-labels", idx({2}, std::string("\2\7", 2)));
    CHECK_THAT(files.error(), Contains("a label is not below 3"));
  }
  {
    TinyFiles files;
    const auto path = files.base / "train-images.gz";
    fs::resize_file(path, fs::file_size(path) - 6);
    CHECK_THAT(files.error(), Contains("train-images.gz: "));
  }
}

TEST_CASE("Each epoch shares out every sample at most once, and step-major") {
  Course course;
  course.steps_per_epoch = 3;
  std::vector<Int> samples(27);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<Int>(100 + i);
  Sampler four(samples, course, 5, 4, 2), one(samples, course, 5, 1, 8);
  for (const Int epoch : {0, 1}) {
    std::set<Int> seen;
    for (Int step = 1; step <= 3; ++step) {
      std::vector<Int> together;
      for (Int worker = 0; worker < 4; ++worker) {
        for (const Int sample : four.batch(epoch * 3 + step, worker)) {
          together.push_back(sample);
          seen.insert(sample);
        }
      }
      const auto same = one.batch(epoch * 3 + step, 0);
      CHECK(together == std::vector<Int>(same.begin(), same.end()));
    }
    CHECK(seen.size() == 24);  // 3 steps x 4 workers x 2; the tail of 3 is dropped
  }
  const auto first = four.batch(1, 0);
  const std::vector<Int> epoch0(first.begin(), first.end());
  const auto second = four.batch(4, 0);
  CHECK(epoch0 != std::vector<Int>(second.begin(), second.end()));
}

TEST_CASE("The validation split is stratified, disjoint and drawn by the seed") {
  const TrainingCase problem = small_case();
  const Course course = course_of(problem.registry.tables, problem.config());
  const Dataset dataset = problem.registry.load_dataset(problem.config(), {});
  const Split split = stratified_split(dataset.train.labels, 10, course, 1);
  CHECK(split.validation.size() == 40);
  CHECK(split.train.size() == 360);
  std::map<Int, int> per_class;
  for (const Int index : split.validation) ++per_class[dataset.train.labels[index].item<Int>()];
  for (const auto& [label, count] : per_class) CHECK(count == 4);
  std::set<Int> all(split.train.begin(), split.train.end());
  all.insert(split.validation.begin(), split.validation.end());
  CHECK(all.size() == 400);
  CHECK(split.validation != stratified_split(dataset.train.labels, 10, course, 2).validation);
}

TEST_CASE("Counter-based draws have the moments they should, and streams differ") {
  const CounterRandom random(3, Stream::synthetic_data);
  double sum = 0, squares = 0, uniform = 0;
  constexpr std::uint64_t kDraws = 100000;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double draw = random.normal(i);
    sum += draw;
    squares += draw * draw;
    uniform += random.uniform(i);
  }
  CHECK(sum / kDraws == Approx(0).margin(0.015));  // 5 standard errors
  CHECK(squares / kDraws == Approx(1).margin(0.025));
  CHECK(uniform / kDraws == Approx(0.5).margin(0.005));
  CHECK(random.bits(1) != CounterRandom(3, Stream::epoch_order).bits(1));
  CHECK(random.bits(1) != CounterRandom(4, Stream::synthetic_data).bits(1));
}

TEST_CASE("Synthetic data do not depend on the seed of a run") {
  const TrainingCase problem = small_case();
  const Dataset one = problem.registry.load_dataset(problem.config(), {});
  const Dataset two = problem.registry.load_dataset(problem.with({{"seed", Int{9}}}).config(), {});
  CHECK(one.sha256 == two.sha256);
  CHECK(same_bits(one.train.images, two.train.images));
}

}  // namespace lockstep::test
