// CIFAR-10 and CIFAR-100 (Krizhevsky 2009), binary version: records of one label byte (CIFAR-100:
// coarse label, fine label) and the red, green and blue plane of a picture. The last file of a row
// is the test set, the others share the training set evenly.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstring>

#include "trainer/data/files.hpp"

namespace lockstep {

namespace {
namespace fs = std::filesystem;

struct Format {
  std::size_t label_bytes;  ///< the last of them is the class
  std::size_t pixel_bytes;
  std::size_t record() const { return label_bytes + pixel_bytes; }
};

/// Reads `count` records into `samples` from sample `first` on.
void read_records(const DatasetRow& row, const Format& format, const fs::path& path,
                  std::int64_t count, std::int64_t first, Samples& samples) {
  const auto bytes = read_inflated(path);
  const std::size_t expected = static_cast<std::size_t>(count) * format.record();
  if (bytes.size() != expected) {
    throw DataError(fmt::format("{}: {} bytes, expected {} ({} records of {})", path.string(),
                                bytes.size(), expected, count, format.record()));
  }
  auto* image = samples.images.data_ptr<std::uint8_t>() +
                static_cast<std::size_t>(first) * format.pixel_bytes;
  auto* label = samples.labels.data_ptr<std::int64_t>() + first;
  for (std::size_t at = 0; at < bytes.size(); at += format.record()) {
    const std::size_t label_at = at + format.label_bytes - 1;
    if (bytes[label_at] >= row.classes) {
      throw DataError(fmt::format("{}: byte {}: label {} is not below {}", path.string(), label_at,
                                  bytes[label_at], row.classes));
    }
    *label++ = bytes[label_at];
    std::memcpy(image, bytes.data() + at + format.label_bytes, format.pixel_bytes);
    image += format.pixel_bytes;
  }
}

Dataset load(const DatasetRow& row, std::size_t label_bytes, const fs::path& folder) {
  const auto paths = find_files(row, folder);
  const Format format{label_bytes, static_cast<std::size_t>(row.channels * row.height * row.width)};
  const auto empty = [&](std::int64_t count) {
    return Samples{at::empty({count, row.channels, row.height, row.width}, at::kByte),
                   at::empty({count}, at::kLong)};
  };
  Dataset dataset;
  dataset.sha256 = hashes_of(row, paths);
  dataset.train = empty(row.train_samples);
  dataset.test = empty(row.test_samples);
  const auto train_files = static_cast<std::int64_t>(paths.size()) - 1;
  const std::int64_t share = row.train_samples / train_files;
  for (std::int64_t i = 0; i < train_files; ++i)
    read_records(row, format, paths[static_cast<std::size_t>(i)], share, i * share, dataset.train);
  read_records(row, format, paths.back(), row.test_samples, 0, dataset.test);
  set_normalisation(dataset);
  return dataset;
}
}  // namespace

Dataset load_cifar10(const DatasetRow& row, const RunConfig&, const fs::path& folder) {
  return load(row, 1, folder);
}

Dataset load_cifar100(const DatasetRow& row, const RunConfig&, const fs::path& folder) {
  return load(row, 2, folder);
}

}  // namespace lockstep
