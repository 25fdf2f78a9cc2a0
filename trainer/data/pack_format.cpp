#include "trainer/data/pack_format.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace lockstep {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

namespace {
constexpr std::string_view kMagic = "LSTPACK\n";

template <typename Number>
void append(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

/// Takes numbers off the front of bytes whose length has been checked.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}
  template <typename Number>
  void take(Number& number) {
    std::memcpy(&number, bytes_.data(), sizeof number);
    bytes_.remove_prefix(sizeof number);
  }

 private:
  std::string_view bytes_;
};
}  // namespace

std::uint64_t xxh3(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::uint64_t PackHeader::file_bytes() const {
  return kPackHeaderBytes + data_bytes + names_bytes + samples * kPackEntryBytes;
}

std::string header_bytes(const PackHeader& header) {
  std::string bytes(kMagic);
  append(bytes, kPackVersion);
  append(bytes, header.classes);
  append(bytes, header.samples);
  append(bytes, header.data_bytes);
  append(bytes, header.names_bytes);
  append(bytes, header.file_bytes());
  append(bytes, header.reduction.shortest_side);
  append(bytes, header.reduction.quality);
  append(bytes, header.index_checksum);
  append(bytes, xxh3(bytes));
  return bytes;
}

std::string read_header(std::string_view bytes, std::uint64_t file_bytes, PackHeader& header) {
  if (bytes.size() < kPackHeaderBytes || bytes.substr(0, kMagic.size()) != kMagic)
    return "no packed file";
  const std::string_view sealed = bytes.substr(0, kPackHeaderBytes - sizeof(std::uint64_t));
  std::uint32_t version = 0;
  std::uint64_t announced = 0, checksum = 0;
  Cursor cursor(bytes.substr(kMagic.size()));
  cursor.take(version);
  cursor.take(header.classes);
  cursor.take(header.samples);
  cursor.take(header.data_bytes);
  cursor.take(header.names_bytes);
  cursor.take(announced);
  cursor.take(header.reduction.shortest_side);
  cursor.take(header.reduction.quality);
  cursor.take(header.index_checksum);
  cursor.take(checksum);
  if (checksum != xxh3(sealed)) return "damaged: the checksum of its header is wrong";
  if (version != kPackVersion)
    return fmt::format("of version {}, and this lockstep reads {}", version, kPackVersion);
  if (announced != file_bytes)
    return fmt::format("{} bytes long, and should have {}", file_bytes, announced);
  std::uint64_t left = file_bytes - kPackHeaderBytes;
  for (const std::uint64_t part : {header.data_bytes, header.names_bytes}) {
    if (part > left) return "damaged: its parts are larger than the file";
    left -= part;
  }
  if (left % kPackEntryBytes != 0 || left / kPackEntryBytes != header.samples)
    return "damaged: its table does not fit";
  return "";
}

void append_entry(std::string& table, const PackEntry& entry) {
  append(table, entry.offset);
  append(table, entry.bytes);
  append(table, entry.checksum);
  append(table, entry.label);
  append(table, entry.width);
  append(table, entry.height);
}

PackEntry read_entry(std::string_view table, std::uint64_t sample) {
  PackEntry entry;
  Cursor cursor(table.substr(sample * kPackEntryBytes, kPackEntryBytes));
  cursor.take(entry.offset);
  cursor.take(entry.bytes);
  cursor.take(entry.checksum);
  cursor.take(entry.label);
  cursor.take(entry.width);
  cursor.take(entry.height);
  return entry;
}

std::string problem_of(const PackEntry& entry, const PackHeader& header) {
  const std::uint64_t end = kPackHeaderBytes + header.data_bytes;
  if (entry.offset < kPackHeaderBytes || entry.offset > end || entry.bytes > end - entry.offset)
    return "its bytes lie outside of the file's data";
  if (entry.label >= header.classes)
    return fmt::format("its label {} is not below {}", entry.label, header.classes);
  if (entry.width == 0 || entry.height == 0) return "it has no pixels";
  return "";
}

std::string names_text(const PackNames& names) {
  std::string text;
  for (const auto* list : {&names.classes, &names.pictures}) {
    for (const std::string& name : *list) text.append(name).push_back('\n');
  }
  return text;
}

std::string read_names(std::string_view text, const PackHeader& header,
                       std::vector<std::string>& classes, std::string_view& pictures) {
  const bool whole = text.empty() || text.back() == '\n';
  const auto lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  if (!whole || lines < header.classes || lines - header.classes != header.samples)
    return "damaged: it names other pictures than it holds";
  while (classes.size() < header.classes) {
    const auto end = text.find('\n');
    classes.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  pictures = text;
  return "";
}

std::string_view picture_name(std::string_view pictures, std::uint64_t sample) {
  for (; sample > 0; --sample) pictures.remove_prefix(pictures.find('\n') + 1);
  return pictures.substr(0, pictures.find('\n'));
}

}  // namespace lockstep
