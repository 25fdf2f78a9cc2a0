// Data sets of packed files: two of them, training set and test set, with the same classes.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "trainer/data/files.hpp"
#include "trainer/data/packed_pictures.hpp"

namespace lockstep {

namespace {
// Of ImageNet's training pixels, as all its recipes have them (torchvision's references).
const std::vector<double> kMean = {0.485, 0.456, 0.406};
const std::vector<double> kDeviation = {0.229, 0.224, 0.225};

Samples samples_of(std::shared_ptr<const PackedPictures> pictures) {
  Samples samples;
  samples.labels = at::empty({pictures->size()}, at::kLong);
  auto* const label = samples.labels.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < pictures->size(); ++i) label[i] = pictures->label(i);
  samples.packed = std::move(pictures);
  return samples;
}

/// All of them, unless the run asks for fewer.
void require_enough(const DatasetRow& row, const std::filesystem::path& path, std::int64_t found,
                    std::int64_t asked, std::int64_t all) {
  if (asked == 0 ? found == all : found >= asked) return;
  throw DataError(fmt::format(
      "{}: {} pictures, and {} {}; {}, or set train_samples to what is there", path.string(), found,
      row.name, asked == 0 ? fmt::format("has {}", all) : fmt::format("is asked for {}", asked),
      row.remedy));
}
}  // namespace

Dataset load_packed(const DatasetRow& row, const RunConfig& config,
                    const std::filesystem::path& folder) {
  const auto paths = find_files(row, folder);
  const auto open = [&](std::size_t i) {
    return std::make_shared<const PackedPictures>(paths[i], PictureSize{row.height, row.width});
  };
  const auto train = open(0), test = open(1);
  if (train->classes() != test->classes()) {
    throw DataError(fmt::format("{} and {} have other classes; pack both from the same data set",
                                paths[0].string(), paths[1].string()));
  }
  if (static_cast<std::int64_t>(train->classes().size()) > row.classes) {
    throw DataError(fmt::format("{}: {} classes, and {} has {}; pack that data set",
                                paths[0].string(), train->classes().size(), row.name, row.classes));
  }
  const std::int64_t asked = config.integer("train_samples");
  require_enough(row, paths[0], train->size(), asked, row.train_samples);
  // A part of the data set is scored on the test pictures that are there.
  require_enough(row, paths[1], test->size(), asked == 0 ? 0 : 1, row.test_samples);
  Dataset dataset;
  dataset.sha256 = {{row.files[0], train->index_sha256()}, {row.files[1], test->index_sha256()}};
  dataset.train = samples_of(train);
  dataset.test = samples_of(test);
  dataset.mean = kMean;
  dataset.deviation = kDeviation;
  return dataset;
}

}  // namespace lockstep
