// Packed pictures as files: what goes in comes out, and nothing damaged passes for a picture.
#include <fcntl.h>
#include <sys/file.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "results/record/file_system.hpp"
#include "results/record/run_directory.hpp"
#include "sweeps/run/run_config.hpp"
#include "tests/support/picture_files.hpp"
#include "tests/support/temp_dir.hpp"
#include "trainer/data/data_error.hpp"
#include "trainer/data/pack_writer.hpp"
#include "trainer/data/packed_pictures.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;
using Catch::Contains;
constexpr PictureSize kOut{16, 16};

PackedFile pack(const fs::path& source, const fs::path& file, PackReduction reduction = {}) {
  return pack_pictures(source, file, reduction, [](std::int64_t, std::int64_t) {});
}

/// In place where it can be: some file systems put a file that is emptied and written anew on disk
/// at once, which thousands of times takes long.
void put(const fs::path& path, const std::string& bytes) {
  if (!fs::exists(path)) return write_file(path, bytes);
  fs::resize_file(path, bytes.size());
  std::fstream(path, std::ios::binary | std::ios::in | std::ios::out) << bytes;
}

/// Three classes with 3, 1 and 2 pictures.
struct Packed {
  TempDir temporary;
  fs::path source = temporary.path() / "source", file = temporary.path() / "x.pack";

  Packed() {
    write_picture_tree(source, {3, 1, 2});
    pack(source, file);
  }
  std::string bytes() const { return read_file(file); }
  /// What opening and reading every picture of these bytes throws; empty: nothing.
  std::string error_of(const std::string& bytes) const {
    const fs::path path = temporary.path() / "damaged.pack";
    put(path, bytes);
    try {
      const PackedPictures pictures(path, kOut);
      JpegDecoder decoder;
      DecodedRegion region;
      std::vector<std::uint8_t> pixels(3 * 16 * 16);
      for (std::int64_t i = 0; i < pictures.size(); ++i)
        pictures.read(i, centre_crop(pictures.size_of(i)), decoder, region, pixels.data());
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }
};

std::string flipped(std::string bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  return bytes;
}

std::string refusal(const fs::path& source, const fs::path& file) {
  try {
    pack(source, file);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}
}  // namespace

TEST_CASE("a packed file gives back every picture, the first of each class first") {
  const Packed packed;
  const PackedPictures pictures(packed.file, kOut);
  CHECK(pictures.classes() == std::vector<std::string>{"n0", "n1", "n2"});
  CHECK(pictures.names() ==
        "n0\nn1\nn2\n100.JPEG\n100.JPEG\n100.JPEG\n101.JPEG\n101.JPEG\n102.JPEG\n");
  const std::vector<std::pair<std::int64_t, std::string>> expected = {
      {0, "n0/100"}, {1, "n1/100"}, {2, "n2/100"}, {0, "n0/101"}, {2, "n2/101"}, {0, "n0/102"}};
  REQUIRE(pictures.size() == static_cast<std::int64_t>(expected.size()));
  const std::string bytes = packed.bytes();
  std::size_t at = kPackHeaderBytes;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string jpeg = read_file(packed.source / (expected[i].second + ".JPEG"));
    CHECK(pictures.label(static_cast<std::int64_t>(i)) == expected[i].first);
    CHECK(bytes.substr(at, jpeg.size()) == jpeg);
    JpegDecoder decoder;
    CHECK(pictures.size_of(static_cast<std::int64_t>(i)) ==
          decoder.size({reinterpret_cast<const std::uint8_t*>(jpeg.data()), jpeg.size()}));
    at += jpeg.size();
  }
  CHECK(packed.error_of(bytes) == "");
}

TEST_CASE("packing again makes the same bytes, and where the file is, nothing") {
  const Packed packed;
  const fs::path again = packed.temporary.path() / "again.pack";
  write_file(again.string() + ".partial", "what a killed packer left");
  CHECK_FALSE(pack(packed.source, again).was_there);
  CHECK(read_file(again) == packed.bytes());
  CHECK_FALSE(fs::exists(again.string() + ".partial"));

  const auto written = fs::last_write_time(packed.file);
  CHECK(pack(packed.source, packed.file).was_there);
  CHECK(fs::last_write_time(packed.file) == written);
  write_file(packed.source / "n1" / "other.jpg", smooth_jpeg({20, 20}, 1));
  CHECK_THAT(refusal(packed.source, packed.file), Contains("holds other pictures"));
}

TEST_CASE("two packers of one file: the second gives way") {
  const Packed packed;
  const fs::path file = packed.temporary.path() / "y.pack";
  const FileHandle held(::open((file.string() + ".partial").c_str(), O_RDWR | O_CREAT, 0640));
  REQUIRE(::flock(held.get(), LOCK_EX | LOCK_NB) == 0);
  CHECK_THAT(refusal(packed.source, file), Contains("another process packs"));
}

TEST_CASE("every flipped bit is found, and one in a picture names it") {
  const Packed packed;
  const std::string bytes = packed.bytes();
  const PackedPictures pictures(packed.file, kOut);
  const std::size_t data_end = kPackHeaderBytes + pictures.header().data_bytes;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const bool in_picture = bit / 8 >= kPackHeaderBytes && bit / 8 < data_end;
    if (in_picture && bit % 61 != 0) continue;  // of the pictures a part
    const std::string error = packed.error_of(flipped(bytes, bit));
    INFO("bit " << bit);
    REQUIRE_THAT(error, Contains("damaged.pack"));
    if (in_picture) REQUIRE_THAT(error, Contains("its checksum is wrong") && Contains(".JPEG"));
  }
}

TEST_CASE("a file of another length is refused") {
  const Packed packed;
  const std::string bytes = packed.bytes();
  for (std::size_t length = 0; length < bytes.size(); length += length < 200 ? 1 : 97)
    REQUIRE(packed.error_of(bytes.substr(0, length)) != "");
  CHECK_THAT(packed.error_of(bytes + "x"), Contains("should have"));
}

TEST_CASE("sizes and offsets are not believed, even under the right checksums") {
  const Packed packed;
  PackHeader header;
  const std::string bytes = packed.bytes();
  REQUIRE(read_header(bytes, bytes.size(), header) == "");
  const std::string rest = bytes.substr(kPackHeaderBytes);
  const auto with = [&](PackHeader forged) {
    std::string text = header_bytes(forged);
    // The announced length is the sum of the parts, which may have wrapped: what a forger would
    // write.
    const std::uint64_t length = bytes.size();
    text.replace(40, 8, reinterpret_cast<const char*>(&length), 8);
    const std::uint64_t checksum = xxh3(std::string_view(text).substr(0, 64));
    text.replace(64, 8, reinterpret_cast<const char*>(&checksum), 8);
    return text + rest;
  };
  REQUIRE(packed.error_of(with(header)) == "");
  constexpr std::uint64_t kHuge = ~std::uint64_t{0};
  for (const std::uint64_t value : {kHuge, kHuge - 71, kHuge / 2, header.data_bytes + 1}) {
    PackHeader forged = header;
    forged.data_bytes = value;
    CHECK_THAT(packed.error_of(with(forged)), Contains("damaged"));
    forged = header;
    forged.names_bytes = value;
    CHECK_THAT(packed.error_of(with(forged)), Contains("damaged"));
    forged = header;
    forged.samples = value / 32 + header.samples;
    CHECK_THAT(packed.error_of(with(forged)), Contains("damaged"));
  }
  for (const std::uint32_t classes : {0u, 2u, 4u, 9u, ~0u}) {
    PackHeader forged = header;
    forged.classes = classes;
    CHECK(packed.error_of(with(forged)) != "");
  }
  // Entries: the table is the last part, its checksum is in the header.
  const std::size_t table_at = bytes.size() - header.samples * kPackEntryBytes;
  const auto with_entry = [&](auto&& change) {
    std::string table;
    for (std::uint64_t i = 0; i < header.samples; ++i) {
      PackEntry entry = read_entry(std::string_view(bytes).substr(table_at), i);
      if (i == 2) change(entry);
      append_entry(table, entry);
    }
    const std::string body = rest.substr(0, rest.size() - table.size()) + table;
    PackHeader sealed = header;
    sealed.index_checksum = xxh3(std::string_view(body).substr(header.data_bytes));
    return header_bytes(sealed) + body;
  };
  REQUIRE(packed.error_of(with_entry([](PackEntry&) {})) == "");
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{71}, kHuge, kHuge - 10}) {
    CHECK_THAT(packed.error_of(with_entry([&](PackEntry& entry) { entry.offset = value; })),
               Contains("sample 2"));
  }
  for (const std::uint64_t value : {kHuge, header.data_bytes + 1}) {
    CHECK_THAT(packed.error_of(with_entry([&](PackEntry& entry) { entry.bytes = value; })),
               Contains("sample 2"));
  }
  CHECK_THAT(packed.error_of(with_entry([](PackEntry& entry) { entry.label = 3; })),
             Contains("its label 3 is not below 3"));
  CHECK_THAT(packed.error_of(with_entry([](PackEntry& entry) { entry.width = 0; })),
             Contains("no pixels"));
  // A window that fits what the table says, but not the picture.
  CHECK_THAT(
      packed.error_of(with_entry([](PackEntry& entry) { entry.width = entry.height = 900; })),
      Contains("too few for the window"));
}

TEST_CASE("what is no JPEG, or cut off, is not packed, and named") {
  const TempDir temporary;
  const fs::path source = temporary.path() / "source", file = temporary.path() / "x.pack";
  CHECK_THAT(refusal(temporary.path(), file), Contains("no pictures") && Contains("class folders"));
  const std::string good = smooth_jpeg({40, 50}, 1);
  for (const std::string& bad :
       {std::string(), std::string("\x89PNG\r\n\x1a\n0123456789"), good.substr(0, good.size() / 2),
        good.substr(0, good.size() - 2), good.substr(0, 100)}) {
    write_file(source / "n0" / "a.JPEG", good);
    write_file(source / "n0" / "b.jpg", bad);
    CHECK_THAT(refusal(source, file), Contains("n0/b.jpg") && Contains("replace it"));
    CHECK_FALSE(fs::exists(file.string() + ".partial"));
    CHECK_FALSE(fs::exists(file));
  }
  fs::remove(source / "n0" / "b.jpg");
  write_file(source / "n0" / "notes.txt", "not a picture by its name");
  fs::create_directories(source / "empty class");
  const PackedFile packed = pack(source, file);
  CHECK(packed.samples == 1);
  CHECK(packed.classes == 1);
  CHECK(packed.passed_over == 1);
}

TEST_CASE("larger pictures are reduced on request, the others keep their bytes") {
  const TempDir temporary;
  const fs::path source = temporary.path() / "source";
  write_file(source / "n0" / "large.jpg", smooth_jpeg({96, 144}, 1));
  write_file(source / "n0" / "small.jpg", smooth_jpeg({32, 200}, 2));
  const PackReduction reduction{32, 80};
  pack(source, temporary.path() / "a", reduction);
  pack(source, temporary.path() / "b", reduction);
  CHECK(read_file(temporary.path() / "a") == read_file(temporary.path() / "b"));
  const PackedPictures pictures(temporary.path() / "a", kOut);
  CHECK(pictures.header().reduction == reduction);
  CHECK(pictures.size_of(0) == PictureSize{32, 48});
  CHECK(pictures.size_of(1) == PictureSize{32, 200});
  CHECK(read_file(temporary.path() / "a").find(smooth_jpeg({32, 200}, 2)) != std::string::npos);
  CHECK(pack(source, temporary.path() / "a", reduction).was_there);
  CHECK_THAT(refusal(source, temporary.path() / "a"), Contains("holds other pictures"));
}

}  // namespace lockstep::test
