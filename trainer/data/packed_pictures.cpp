#include "trainer/data/packed_pictures.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "results/record/digest.hpp"
#include "results/record/file_system.hpp"
#include "trainer/data/data_error.hpp"

namespace lockstep {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const auto fail = [&](const char* what) {
    throw DataError(fmt::format("{}: {}: {}", path.string(), what, std::strerror(errno)));
  };
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail("cannot be opened");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail("cannot be looked at");
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;  // nothing to map
  void* const data = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.get(), 0);
  if (data == MAP_FAILED) fail("cannot be mapped into memory");
  // Samples are read in random order: reading ahead would read the file many times over.
  ::madvise(data, size_, MADV_RANDOM);
  data_ = static_cast<const char*>(data);
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(const_cast<char*>(data_), size_);
}

PackedPictures::PackedPictures(std::filesystem::path path, PictureSize out)
    : path_(std::move(path)), file_(path_), out_(out) {
  const auto must_be_empty = [&](const std::string& problem) {
    if (problem.empty()) return;
    throw DataError(fmt::format("{}: {}; pack it again (lockstep-train pack SOURCE FILE)",
                                path_.string(), problem));
  };
  const std::string_view bytes = file_.bytes();
  must_be_empty(read_header(bytes, bytes.size(), header_));
  const std::string_view index = bytes.substr(kPackHeaderBytes + header_.data_bytes);
  if (xxh3(index) != header_.index_checksum)
    must_be_empty("damaged: the checksum of its names and table is wrong");
  must_be_empty(read_names(index.substr(0, header_.names_bytes), header_, classes_, pictures_));
  table_ = index.substr(header_.names_bytes);
  for (std::uint64_t sample = 0; sample < header_.samples; ++sample) {
    if (const auto problem = problem_of(read_entry(table_, sample), header_); !problem.empty())
      must_be_empty(fmt::format("sample {}: {}", sample, problem));
  }
}

PictureSize PackedPictures::size_of(std::int64_t sample) const {
  const PackEntry found = entry(sample);
  return {found.height, found.width};
}

std::string_view PackedPictures::names() const {
  return file_.bytes().substr(kPackHeaderBytes + header_.data_bytes, header_.names_bytes);
}

std::string PackedPictures::index_sha256() const {
  const std::string_view bytes = file_.bytes();
  Sha256 hash;
  hash.update(bytes.substr(0, kPackHeaderBytes));
  hash.update(bytes.substr(kPackHeaderBytes + header_.data_bytes));
  return hash.hex();
}

void PackedPictures::prefetch(std::int64_t sample) const {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const PackEntry found = entry(sample);
  const std::uint64_t begin = found.offset / page * page;
  char* const data = const_cast<char*>(file_.bytes().data());
  ::madvise(data + begin, found.offset + found.bytes - begin, MADV_WILLNEED);
}

void PackedPictures::read(std::int64_t sample, const Crop& crop, JpegDecoder& decoder,
                          DecodedRegion& region, std::uint8_t* pixels) const {
  const PackEntry found = entry(sample);
  const auto refuse = [&](const std::string& why) {
    throw DataError(fmt::format("{}: sample {} ({}/{}): {}; replace the picture and pack again",
                                path_.string(), sample, classes_[found.label],
                                picture_name(pictures_, static_cast<std::uint64_t>(sample)), why));
  };
  const std::string_view bytes = file_.bytes().substr(found.offset, found.bytes);
  if (xxh3(bytes) != found.checksum) refuse("damaged: its checksum is wrong");
  try {
    decoder.decode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, crop, out_,
                   region);
  } catch (const JpegError& error) {
    refuse(error.what());
  }
  resample(region, out_, crop.mirrored, pixels);
}

}  // namespace lockstep
