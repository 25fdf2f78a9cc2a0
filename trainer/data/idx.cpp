// IDX, the format of MNIST and its kin: magic 0 0 8 <dimensions>, big-endian sizes, then bytes.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "trainer/data/files.hpp"

namespace lockstep {

namespace {
namespace fs = std::filesystem;
constexpr std::size_t kMaxDimensions = 3;

std::size_t header_bytes(std::size_t dimensions) { return 4 + 4 * dimensions; }

std::int64_t big_endian(const std::uint8_t* at) {
  return (std::int64_t{at[0]} << 24) | (std::int64_t{at[1]} << 16) | (std::int64_t{at[2]} << 8) |
         at[3];
}

/// The array of an IDX file of bytes, with exactly `shape`, or DataError.
at::Tensor read_idx(const fs::path& path, const std::vector<std::int64_t>& shape) {
  const auto bytes = read_inflated(path);
  const std::size_t header = header_bytes(shape.size());
  const bool magic_ok = bytes.size() >= header && shape.size() <= kMaxDimensions && bytes[0] == 0 &&
                        bytes[1] == 0 && bytes[2] == 8 && bytes[3] == shape.size();
  if (!magic_ok)
    throw DataError(path.string() + ": not an IDX file of bytes with the expected dimensions");
  std::int64_t numel = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int64_t found = big_endian(bytes.data() + 4 + 4 * i);
    if (found != shape[i]) {
      throw DataError(
          fmt::format("{}: dimension {} is {}, expected {}", path.string(), i, found, shape[i]));
    }
    numel *= found;
  }
  if (bytes.size() != header + static_cast<std::size_t>(numel)) {
    throw DataError(fmt::format("{}: {} bytes of data, expected {}", path.string(),
                                bytes.size() - header, numel));
  }
  at::Tensor array = at::empty(shape, at::kByte);
  std::memcpy(array.data_ptr(), bytes.data() + header, static_cast<std::size_t>(numel));
  return array;
}

at::Tensor read_labels(const DatasetRow& row, std::int64_t count, const fs::path& path) {
  const at::Tensor labels = read_idx(path, {count});
  const auto* label = labels.data_ptr<std::uint8_t>();
  const auto* bad =
      std::find_if(label, label + count, [&](std::uint8_t one) { return one >= row.classes; });
  if (bad != label + count) {
    throw DataError(fmt::format("{}: byte {}: label {} is not below {}", path.string(),
                                static_cast<std::ptrdiff_t>(header_bytes(1)) + (bad - label), *bad,
                                row.classes));
  }
  return labels.to(at::kLong);
}

Samples read_pair(const DatasetRow& row, std::int64_t count, const fs::path& images,
                  const fs::path& labels) {
  return {read_idx(images, {count, row.height, row.width}).view({count, 1, row.height, row.width}),
          read_labels(row, count, labels)};
}
}  // namespace

Dataset load_idx(const DatasetRow& row, const RunConfig&, const fs::path& folder) {
  const auto paths = find_files(row, folder);
  Dataset dataset;
  dataset.sha256 = hashes_of(row, paths);
  dataset.train = read_pair(row, row.train_samples, paths[0], paths[1]);
  dataset.test = read_pair(row, row.test_samples, paths[2], paths[3]);
  set_normalisation(dataset);
  return dataset;
}

}  // namespace lockstep
