// The pictures of a packed file, decoded when they are asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "trainer/data/jpeg.hpp"
#include "trainer/data/pack_format.hpp"

namespace lockstep {

/// Bytes of a file in memory, as far as they are touched. A file that others cut off while it is
/// mapped ends the process (SIGBUS); packed files are renamed into place and never changed.
class MappedFile {
 public:
  /// Throws DataError where the file cannot be opened or mapped.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

class PackedPictures {
 public:
  /// Reads header, names and table of `path`, and checks all of them. `out`: the size in which
  /// pictures are given out. Throws DataError.
  PackedPictures(std::filesystem::path path, PictureSize out);

  std::int64_t size() const { return static_cast<std::int64_t>(header_.samples); }
  const PackHeader& header() const { return header_; }
  const std::vector<std::string>& classes() const { return classes_; }
  /// As names_text() made it.
  std::string_view names() const;
  const PictureSize& out() const { return out_; }
  std::int64_t label(std::int64_t sample) const { return entry(sample).label; }
  PictureSize size_of(std::int64_t sample) const;
  /// Of header, names and table; the table has a checksum of every picture.
  std::string index_sha256() const;

  /// Asks the disk for a picture's bytes without waiting for them.
  void prefetch(std::int64_t sample) const;

  /// What `crop` sees of the picture, resized to out(): rows of red, green and blue bytes. Throws
  /// DataError naming file, sample and picture, where its bytes are damaged or no JPEG. May be
  /// called from several threads, each with a decoder and a region of its own.
  void read(std::int64_t sample, const Crop& crop, JpegDecoder& decoder, DecodedRegion& region,
            std::uint8_t* pixels) const;

 private:
  PackEntry entry(std::int64_t sample) const {
    return read_entry(table_, static_cast<std::uint64_t>(sample));
  }

  std::filesystem::path path_;
  MappedFile file_;
  PictureSize out_;
  PackHeader header_;
  std::vector<std::string> classes_;
  std::string_view pictures_, table_;
};

}  // namespace lockstep
