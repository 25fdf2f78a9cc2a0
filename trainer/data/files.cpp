#include "trainer/data/files.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>

#include "results/record/run_directory.hpp"
#include "sweeps/run/run_id.hpp"

namespace lockstep {

namespace {
namespace fs = std::filesystem;
}  // namespace

std::vector<fs::path> find_files(const DatasetRow& row, const fs::path& folder) {
  std::vector<fs::path> found;
  std::vector<std::string> missing, searched;
  for (const std::string& file : row.files) {
    const auto places = places_of(row, file);
    const auto place = std::find_if(places.begin(), places.end(), [&](const std::string& name) {
      return fs::exists(folder / name);
    });
    if (place != places.end()) {
      found.push_back(folder / *place);
    } else {
      missing.push_back(file);
    }
  }
  if (missing.empty()) return found;
  for (const std::string& name : folders_of(row)) searched.push_back((folder / name).string());
  throw DataError(fmt::format(
      "data set {}: no {}{} in {}; {}, or name another folder with --data or LOCKSTEP_DATA",
      row.name, fmt::join(missing, ", "), row.packed ? "" : " (or with .gz)",
      fmt::join(searched, " or "), row.remedy));
}

std::vector<std::uint8_t> read_inflated(const fs::path& path) {
  struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };
  // zlib reads a plain file as it is, so one path serves both.
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

std::map<std::string, std::string> hashes_of(const DatasetRow& row,
                                             const std::vector<fs::path>& paths) {
  std::map<std::string, std::string> hashes;
  for (std::size_t i = 0; i < paths.size(); ++i)
    hashes[row.files[i]] = sha256_hex(read_file(paths[i]));
  return hashes;
}

void set_normalisation(Dataset& dataset) {
  const at::Tensor& images = dataset.train.images;
  const std::int64_t channels = images.size(1), pixels = images.size(2) * images.size(3);
  dataset.mean.clear();
  dataset.deviation.clear();
  for (std::int64_t c = 0; c < channels; ++c) {
    std::array<std::int64_t, 256> counts{};
    for (std::int64_t i = 0; i < images.size(0); ++i) {
      const auto* plane = images.data_ptr<std::uint8_t>() + (i * channels + c) * pixels;
      for (std::int64_t p = 0; p < pixels; ++p) ++counts[plane[p]];
    }
    std::int64_t sum = 0, squares = 0;
    for (std::int64_t value = 0; value < 256; ++value) {
      sum += value * counts[static_cast<std::size_t>(value)];
      squares += value * value * counts[static_cast<std::size_t>(value)];
    }
    const auto total = static_cast<double>(images.size(0) * pixels);
    const double mean = static_cast<double>(sum) / total;
    dataset.mean.push_back(mean / 255);
    dataset.deviation.push_back(std::sqrt(static_cast<double>(squares) / total - mean * mean) /
                                255);
  }
}

}  // namespace lockstep
