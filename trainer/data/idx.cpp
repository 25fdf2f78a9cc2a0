// IDX, the format of MNIST and its kin: magic 0 0 8 <dimensions>, big-endian sizes, then bytes.
// zlib reads a plain file as it is, so one path serves both.
#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "results/record/run_directory.hpp"
#include "sweeps/run/run_id.hpp"
#include "trainer/data/dataset.hpp"

namespace lockstep {

namespace {
namespace fs = std::filesystem;
constexpr std::size_t kMaxDimensions = 3;

/// <folder>/<data set>/<file>[.gz], or <folder>/<file>[.gz].
fs::path find_file(const DatasetRow& row, const std::string& file, const fs::path& folder) {
  for (const fs::path& base : {folder / row.name, folder}) {
    for (const char* ending : {"", ".gz"}) {
      if (fs::exists(base / (file + ending))) return base / (file + ending);
    }
  }
  throw DataError(
      fmt::format("data set {}: no {} or {}.gz in {}; it comes with {}, or name another folder "
                  "with --data or LOCKSTEP_DATA",
                  row.name, file, file, (folder / row.name).string(), row.package));
}

std::vector<std::uint8_t> inflate_file(const fs::path& path) {
  struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };
  const std::unique_ptr<gzFile_s, Close> file(gzopen(path.c_str(), "rb"));
  if (!file)
    throw DataError(fmt::format("{}: cannot be opened: {}", path.string(), std::strerror(errno)));
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint8_t> chunk(1 << 20);
  for (;;) {
    const int got = gzread(file.get(), chunk.data(), static_cast<unsigned>(chunk.size()));
    if (got < 0) throw DataError(path.string() + ": damaged; fetch it again");
    if (got == 0) break;
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + got);
  }
  // A cut-off gzip stream reads as a short file; its last read then reports Z_BUF_ERROR.
  int status = Z_OK;
  gzerror(file.get(), &status);
  if (status != Z_OK && status != Z_STREAM_END)
    throw DataError(path.string() + ": cut off; fetch it again");
  return bytes;
}

std::int64_t big_endian(const std::uint8_t* at) {
  return (std::int64_t{at[0]} << 24) | (std::int64_t{at[1]} << 16) | (std::int64_t{at[2]} << 8) |
         at[3];
}

/// The array of an IDX file of bytes, with exactly `shape`, or DataError.
at::Tensor read_idx(const fs::path& path, const std::vector<std::int64_t>& shape) {
  const auto bytes = inflate_file(path);
  const std::size_t header = 4 + 4 * shape.size();
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

Samples read_pair(const DatasetRow& row, std::int64_t count, const fs::path& images,
                  const fs::path& labels) {
  Samples samples;
  samples.images =
      read_idx(images, {count, row.height, row.width}).view({count, 1, row.height, row.width});
  samples.labels = read_idx(labels, {count}).to(at::kLong);
  if (samples.labels.max().item<std::int64_t>() >= row.classes) {
    throw DataError(fmt::format("{}: a label is not below {}", labels.string(), row.classes));
  }
  return samples;
}
/// Mean and deviation of the training pixels as shares of 255: sums over a histogram of bytes are
/// exact.
void set_normalisation(Dataset& dataset) {
  std::array<std::int64_t, 256> counts{};
  const auto* pixel = dataset.train.images.data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < dataset.train.images.numel(); ++i) ++counts[pixel[i]];
  std::int64_t sum = 0, squares = 0;
  for (std::int64_t value = 0; value < 256; ++value) {
    sum += value * counts[static_cast<std::size_t>(value)];
    squares += value * value * counts[static_cast<std::size_t>(value)];
  }
  const auto total = static_cast<double>(dataset.train.images.numel());
  const double mean = static_cast<double>(sum) / total;
  dataset.mean = mean / 255;
  dataset.deviation = std::sqrt(static_cast<double>(squares) / total - mean * mean) / 255;
}
}  // namespace

Dataset load_idx(const DatasetRow& row, const RunConfig&, const fs::path& folder) {
  std::vector<fs::path> paths;
  Dataset dataset;
  for (const std::string& file : row.files) {
    paths.push_back(find_file(row, file, folder));
    dataset.sha256[file] = sha256_hex(read_file(paths.back()));
  }
  dataset.train = read_pair(row, row.train_samples, paths[0], paths[1]);
  dataset.test = read_pair(row, row.test_samples, paths[2], paths[3]);
  set_normalisation(dataset);
  return dataset;
}

}  // namespace lockstep
