#include "trainer/data/pack_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <limits>

#include "results/record/file_system.hpp"
#include "results/record/run_directory.hpp"
#include "sweeps/run/run_config.hpp"
#include "trainer/data/data_error.hpp"
#include "trainer/data/jpeg.hpp"
#include "trainer/data/packed_pictures.hpp"

namespace lockstep {

namespace {
namespace fs = std::filesystem;

/// What is to be packed, in its order.
struct Source {
  fs::path folder;
  PackNames names;
  std::vector<std::uint32_t> labels;
  std::int64_t passed_over = 0;

  fs::path path(std::size_t sample) const {
    return folder / names.classes[labels[sample]] / names.pictures[sample];
  }
};

bool is_picture(const std::string& name) {
  std::string ending = fs::path(name).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".jpg" || ending == ".jpeg";
}

Source find_pictures(const fs::path& folder) {
  Source source{folder, {}, {}, 0};
  std::vector<std::vector<std::string>> of_class;
  for (const std::string& name : names_in(folder)) {
    if (!fs::is_directory(folder / name)) continue;
    std::vector<std::string> pictures;
    for (const std::string& file : names_in(folder / name)) {
      if (is_picture(file))
        pictures.push_back(file);
      else
        ++source.passed_over;
    }
    if (pictures.empty()) continue;
    source.names.classes.push_back(name);
    of_class.push_back(std::move(pictures));
  }
  std::size_t most = 0;
  for (const auto& pictures : of_class) most = std::max(most, pictures.size());
  for (std::size_t i = 0; i < most; ++i) {
    for (std::size_t label = 0; label < of_class.size(); ++label) {
      if (i >= of_class[label].size()) continue;
      source.names.pictures.push_back(of_class[label][i]);
      source.labels.push_back(static_cast<std::uint32_t>(label));
    }
  }
  if (source.labels.empty()) {
    throw ConfigError(fmt::format(
        "{}: no pictures: a folder of class folders with .jpg or .jpeg files is wanted, as "
        "{}/n01440764/n01440764_10026.JPEG; pictures that lie in no class folder have no label",
        folder.string(), folder.string()));
  }
  const std::string text = names_text(source.names);
  if (std::count(text.begin(), text.end(), '\n') !=
      static_cast<std::ptrdiff_t>(source.names.classes.size() + source.names.pictures.size()))
    throw ConfigError(folder.string() + ": a name in it has a line break; rename that file");
  return source;
}

/// The file that is being written; one process at a time holds it. Without publish() it is gone
/// again at the end: what a full disk or a damaged picture cuts off is of no use and may be large.
class PartialFile {
 public:
  explicit PartialFile(const fs::path& path)
      : path_(path), file_(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640)) {
    if (file_.get() < 0) throw write_error("cannot create", path_, errno, "");
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0)
      throw ConfigError(path_.string() + ": another process packs to it; wait for it, or end it");
    if (!has_its_name())  // whose lock has been freed meanwhile: it may be a finished file by now
      throw ConfigError(path_.string() + ": another process has just ended with it; try again");
    if (::ftruncate(file_.get(), 0) != 0) throw write_error("cannot empty", path_, errno, "");
    append(std::string(kPackHeaderBytes, '\0'));  // no packed file until the header is there
  }
  ~PartialFile() {
    if (!published_) ::unlink(path_.c_str());
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  void append(std::string_view bytes) {
    std::size_t written = 0;
    if (const int error = write_some(file_.get(), bytes, written))
      throw write_error("cannot write", path_, error, "");
  }

  /// Seals it and gives it its name.
  void publish(const PackHeader& header, const fs::path& as) {
    sync();
    const std::string bytes = header_bytes(header);
    if (::lseek(file_.get(), 0, SEEK_SET) != 0) throw write_error("cannot seek", path_, errno, "");
    append(bytes);
    sync();
    std::error_code error;
    fs::rename(path_, as, error);
    if (error) throw write_error("cannot rename", path_, error.value(), "");
    published_ = true;
    sync_directory(as.parent_path());
    file_.close(as);
  }

 private:
  bool has_its_name() const {
    struct stat mine = {}, named = {};
    return ::fstat(file_.get(), &mine) == 0 && ::lstat(path_.c_str(), &named) == 0 &&
           mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
  }
  void sync() {
    if (::fsync(file_.get()) != 0) throw write_error("cannot sync", path_, errno, "");
  }
  fs::path path_;
  FileHandle file_;
  bool published_ = false;
};

std::span<const std::uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The bytes to pack for one picture, and their size in pixels.
class Picture {
 public:
  explicit Picture(const PackReduction& reduction) : reduction_(reduction) {}

  std::string bytes;
  PictureSize size;

  void load(const fs::path& path) {
    bytes = read_file(path);
    try {
      size = decoder_.size(as_bytes(bytes));
      const std::int64_t most = std::numeric_limits<std::uint16_t>::max();
      if (size.height > most || size.width > most) throw JpegError("more than 65,535 pixels wide");
      const std::int64_t shorter = std::min(size.height, size.width);
      if (reduction_.shortest_side > 0 && shorter > reduction_.shortest_side)
        reduce(shorter);
      else
        decoder_.check(as_bytes(bytes));
    } catch (const JpegError& error) {
      throw DataError(
          fmt::format("{}: {}; replace it or take it away (a PNG by another name: "
                      "convert it to JPEG), and pack again",
                      path.string(), error.what()));
    }
  }

 private:
  void reduce(std::int64_t shorter) {
    const auto scaled = [&](std::int64_t side) {
      return std::llround(static_cast<double>(side) * reduction_.shortest_side /
                          static_cast<double>(shorter));
    };
    const PictureSize out{scaled(size.height), scaled(size.width)};
    decoder_.decode(as_bytes(bytes), {.window = size}, out, region_);
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(3 * out.height * out.width));
    resample(region_, out, false, pixels.data());
    const auto jpeg = encode_jpeg(pixels, out, static_cast<int>(reduction_.quality));
    bytes.assign(jpeg.begin(), jpeg.end());
    size = out;
  }

  PackReduction reduction_;
  JpegDecoder decoder_;
  DecodedRegion region_;
};

/// Whether `file` holds these pictures: by names, numbers and, where they are as they were, bytes.
bool holds(const fs::path& file, const Source& source, const PackReduction& reduction) {
  const PackedPictures packed(file, {1, 1});
  if (packed.names() != names_text(source.names)) return false;
  if (packed.header().reduction != reduction) return false;
  if (reduction.shortest_side > 0) return true;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < source.labels.size(); ++i) bytes += fs::file_size(source.path(i));
  return bytes == packed.header().data_bytes;
}
}  // namespace

PackedFile pack_pictures(const fs::path& source_folder, const fs::path& file,
                         const PackReduction& reduction, const PackProgress& progress) {
  const Source source = find_pictures(source_folder);
  PackedFile packed{static_cast<std::int64_t>(source.names.classes.size()),
                    static_cast<std::int64_t>(source.labels.size()), 0, source.passed_over, false};
  if (fs::exists(file)) {
    if (!holds(file, source, reduction))
      throw ConfigError(file.string() +
                        " holds other pictures; move it away, or name another file");
    packed.was_there = true;
    packed.bytes = static_cast<std::int64_t>(fs::file_size(file));
    return packed;
  }
  PartialFile partial(file.string() + ".partial");
  PackHeader header{.classes = static_cast<std::uint32_t>(packed.classes),
                    .samples = static_cast<std::uint64_t>(packed.samples),
                    .reduction = reduction};
  std::string table;
  Picture picture(reduction);
  for (std::size_t i = 0; i < source.labels.size(); ++i) {
    picture.load(source.path(i));
    append_entry(table,
                 {kPackHeaderBytes + header.data_bytes, picture.bytes.size(), xxh3(picture.bytes),
                  source.labels[i], static_cast<std::uint16_t>(picture.size.width),
                  static_cast<std::uint16_t>(picture.size.height)});
    partial.append(picture.bytes);
    header.data_bytes += picture.bytes.size();
    progress(static_cast<std::int64_t>(i) + 1, packed.samples);
  }
  const std::string index = names_text(source.names) + table;
  header.names_bytes = index.size() - table.size();
  header.index_checksum = xxh3(index);
  partial.append(index);
  partial.publish(header, file);
  packed.bytes = static_cast<std::int64_t>(header.file_bytes());
  return packed;
}

}  // namespace lockstep
