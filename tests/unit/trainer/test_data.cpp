#include <ATen/ATen.h>
#include <zlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
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
                 .remedy = "install dataset-tiny"};
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
  CHECK(dataset.mean.at(0) == Approx(shares.mean().item<double>()).epsilon(1e-12));
  CHECK(dataset.deviation.at(0) == Approx(shares.std(false).item<double>()).epsilon(1e-12));

  const std::vector<Int> indices = {2, 0};
  const Batch batch = gather(dataset, dataset.train, indices, true);
  CHECK(batch.labels[0].item<Int>() == 2);
  CHECK(batch.images[0][0][0][0].item<double>() ==
        Approx(('A' / 255.0 - dataset.mean[0]) / dataset.deviation[0]).epsilon(1e-12));
}

TEST_CASE("A missing or damaged data set names the file, the folder and the remedy") {
  using Catch::Contains;
  {
    TinyFiles files;
    fs::remove(files.base / "train-images.gz");
    fs::remove(files.base / "test-labels");
    CHECK_THAT(files.error(), Contains("no train-images, test-labels (or with .gz) in " +
                                       (files.folder.path() / "tiny").string()) &&
                                  Contains("install dataset-tiny") && Contains("--data"));
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
    CHECK_THAT(files.error(), Contains("test-labels: byte 9: label 7 is not below 3"));
  }
  {
    TinyFiles files;
    const auto path = files.base / "train-images.gz";
    fs::resize_file(path, fs::file_size(path) - 6);
    CHECK_THAT(files.error(), Contains("train-images.gz: "));
  }
}

namespace {
/// Six training pictures in two files and two test pictures, 2 x 2 in three colours.
struct TinyCifar {
  TempDir folder;
  DatasetRow row{.name = "tiny10",
                 .train_samples = 6,
                 .test_samples = 2,
                 .classes = 4,
                 .channels = 3,
                 .height = 2,
                 .width = 2,
                 .files = {"batch_1.bin", "batch_2.bin", "test.bin"},
                 .folders = {"tiny-10-bin"},
                 .remedy = "unpack tiny.tar.gz there"};
  fs::path base = folder.path() / "tiny-10-bin";

  TinyCifar() {
    fs::create_directories(base);
    write(base / "batch_1.bin", record(0, 'a') + record(1, 'b') + record(2, 'c'));
    write_gzip(base / "batch_2.bin.gz", record(3, 'd') + record(0, 'e') + record(1, 'f'));
    write(base / "test.bin", record(2, 'x') + record(3, 'y'));
  }
  /// One label byte and planes whose bytes differ from each other.
  static std::string record(int label, char first) {
    std::string bytes(1, static_cast<char>(label));
    for (int i = 0; i < 12; ++i) bytes.push_back(static_cast<char>(first + 7 * i));
    return bytes;
  }
  std::string error() const {
    try {
      load_cifar10(row, {}, folder.path());
    } catch (const DataError& failure) {
      return failure.what();
    }
    return "";
  }
};

/// What a crop must be, by its definition on a padded picture.
at::Tensor cropped(const at::Tensor& image, const Crop& crop) {
  const Int height = image.size(1), width = image.size(2);
  const at::Tensor padded = at::constant_pad_nd(image, std::vector<Int>(4, kCropPadding));
  const at::Tensor window =
      padded.slice(1, kCropPadding + crop.down)
          .slice(1, 0, height)
          .slice(2, kCropPadding + crop.right, kCropPadding + crop.right + width);
  return crop.mirrored ? window.flip({2}) : window;
}
}  // namespace

TEST_CASE("CIFAR files are read, and normalised channel by channel") {
  const TinyCifar files;
  const Dataset dataset = load_cifar10(files.row, {}, files.folder.path());
  CHECK(dataset.train.images.sizes() == at::IntArrayRef({6, 3, 2, 2}));
  CHECK(dataset.train.images[4][0][0][0].item<int>() == 'e');
  CHECK(dataset.train.images[4][2][1][0].item<int>() == ('e' + 70) % 256);
  CHECK(dataset.train.labels[3].item<Int>() == 3);
  CHECK(dataset.test.labels[0].item<Int>() == 2);
  CHECK(dataset.sha256.size() == 3);

  std::vector<Int> all(6);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<Int>(i);
  const at::Tensor images = gather(dataset, dataset.train, all, true).images;
  CHECK(images.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(images.mean(at::IntArrayRef{0, 2, 3}).abs().max().item<double>() < 1e-12);
  CHECK((images.var(at::IntArrayRef{0, 2, 3}, false) - 1).abs().max().item<double>() < 1e-12);
}

TEST_CASE("CIFAR-100 has a coarse label before the fine one") {
  TinyCifar files;
  files.row.files = {"train.bin", "test.bin"};
  files.row.train_samples = 2;
  const auto record = [](int coarse, int fine) {
    return std::string(1, static_cast<char>(coarse)) + TinyCifar::record(fine, 'a');
  };
  write(files.base / "train.bin", record(9, 1) + record(8, 3));
  write(files.base / "test.bin", record(7, 2) + record(9, 0));
  const Dataset dataset = load_cifar100(files.row, {}, files.folder.path());
  CHECK(dataset.train.labels[1].item<Int>() == 3);
  CHECK(dataset.test.labels[0].item<Int>() == 2);
  CHECK(dataset.test.images[0][0][0][0].item<int>() == 'a');
}

TEST_CASE("Missing or damaged CIFAR files are named, with the place and the remedy") {
  using Catch::Contains;
  {
    TinyCifar files;
    fs::remove(files.base / "batch_1.bin");
    fs::remove(files.base / "test.bin");
    CHECK_THAT(
        files.error(),
        Contains("no batch_1.bin, test.bin (or with .gz)") &&
            Contains((files.folder.path() / "tiny10").string() + " or " + files.base.string()) &&
            Contains("unpack tiny.tar.gz there") && Contains("LOCKSTEP_DATA"));
  }
  {
    TinyCifar files;
    write(files.base / "test.bin", TinyCifar::record(2, 'x'));
    CHECK_THAT(files.error(), Contains("test.bin: 13 bytes, expected 26 (2 records of 13)"));
  }
  {
    TinyCifar files;
    write(files.base / "test.bin", TinyCifar::record(2, 'x') + TinyCifar::record(4, 'y'));
    CHECK_THAT(files.error(), Contains("test.bin: byte 13: label 4 is not below 4"));
  }
}

TEST_CASE("A crop is the window of a padded picture, mirrored or not") {
  Dataset dataset;
  dataset.train.images = at::arange(2 * 3 * 6 * 5, at::kByte).view({2, 3, 6, 5}) + 1;
  dataset.train.labels = at::zeros({2}, at::kLong);
  dataset.mean = {0, 0, 0};
  dataset.deviation = {1, 1, 1};
  const at::Tensor shares = dataset.train.images.to(at::kDouble) / 255;
  for (Int down = -kCropPadding; down <= kCropPadding; ++down) {
    for (const Int right : {-4, -1, 0, 3}) {
      for (const bool mirrored : {false, true}) {
        const std::vector<Crop> crops = {{down, right, mirrored}, {}};
        const at::Tensor images =
            gather(dataset, dataset.train, std::vector<Int>{1, 0}, true, crops).images;
        INFO(down << " down, " << right << " right, mirrored " << mirrored);
        CHECK(same_bits(images[0], cropped(shares[1], crops[0])));
        CHECK(same_bits(images[1], shares[0]));  // the default crop is the picture itself
      }
    }
  }
}

TEST_CASE("Crops depend on seed, epoch and sample, and on nothing else") {
  std::vector<Int> samples(10000);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<Int>(i);
  const auto crops = draw_crops(samples, 1, 0);
  const auto text = [](const Crop& crop) {
    return std::to_string(crop.down) + "," + std::to_string(crop.right) +
           (crop.mirrored ? "m" : "");
  };
  std::map<std::string, int> counts;
  for (const Crop& crop : crops) ++counts[text(crop)];
  CHECK(counts.size() == 9 * 9 * 2);
  double chi_square = 0;  // 161 degrees of freedom: mean 161, deviation 18
  for (const auto& [where, count] : counts) {
    const double expected = 10000.0 / 162;
    chi_square += (count - expected) * (count - expected) / expected;
  }
  CHECK(chi_square < 161 + 5 * 18);
  CHECK(text(draw_crops(std::vector<Int>{4711}, 1, 0)[0]) == text(crops[4711]));
  const auto differing = [&](const std::vector<Crop>& others) {
    int count = 0;
    for (std::size_t i = 0; i < crops.size(); ++i) count += text(crops[i]) != text(others[i]);
    return count;
  };
  CHECK(differing(draw_crops(samples, 1, 1)) > 9800);
  CHECK(differing(draw_crops(samples, 2, 0)) > 9800);
}

TEST_CASE("Synthetic pictures have the shape of their row and classes that can be told apart") {
  Registry registry = Registry::builtin();
  DatasetRow& row = *std::find_if(registry.tables.datasets.begin(), registry.tables.datasets.end(),
                                  [](const auto& one) { return one.name == "synthetic-cifar"; });
  row.train_samples = 60;
  row.test_samples = 20;
  const RunConfig config = resolve(registry.tables, {{"algorithm", Text("sync_sgd")},
                                                     {"model", Text("resnet20")},
                                                     {"dataset", Text("synthetic-cifar")},
                                                     {"epochs", Int{1}},
                                                     {"batch_per_worker", Int{2}}})
                               .config;
  const Dataset dataset = registry.load_dataset(config, {});
  CHECK(dataset.train.images.sizes() == at::IntArrayRef({60, 3, 32, 32}));
  const at::Tensor train = dataset.train.images.to(at::kDouble).flatten(1);
  const at::Tensor test = dataset.test.images.to(at::kDouble).flatten(1);
  // The nearest training picture of each test picture has its class.
  const at::Tensor nearest = at::cdist(test, train).argmin(1);
  CHECK(dataset.train.labels.index_select(0, nearest).equal(dataset.test.labels));
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
