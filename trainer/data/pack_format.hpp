// The bytes of a packed file (PACK.md): many pictures in one file that is mapped, not read. What
// the writer and the reader must agree on, and nothing else.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trainer/data/augmentation.hpp"

namespace lockstep {

inline constexpr std::uint32_t kPackVersion = 1;
inline constexpr std::uint64_t kPackHeaderBytes = 72;
inline constexpr std::uint64_t kPackEntryBytes = 32;

/// How pictures were made smaller before they were packed; 0: they were not.
struct PackReduction {
  std::uint32_t shortest_side = 0;  ///< larger pictures have this many pixels on the shorter side
  std::uint32_t quality = 0;        ///< of their JPEG, 1 to 100
  bool operator==(const PackReduction&) const = default;
};

struct PackHeader {
  std::uint32_t classes = 0;
  std::uint64_t samples = 0;
  std::uint64_t data_bytes = 0;   ///< pictures, from the end of the header on
  std::uint64_t names_bytes = 0;  ///< after them; the table ends the file
  PackReduction reduction;
  std::uint64_t index_checksum = 0;  ///< XXH3-64 of names and table

  std::uint64_t file_bytes() const;
};

struct PackEntry {
  std::uint64_t offset = 0, bytes = 0;
  std::uint64_t checksum = 0;  ///< XXH3-64 of the picture's bytes
  std::uint32_t label = 0;
  std::uint16_t width = 0, height = 0;
};

std::uint64_t xxh3(std::string_view bytes);

std::string header_bytes(const PackHeader& header);
void append_entry(std::string& table, const PackEntry& entry);

/// What is wrong with the header of a file of `file_bytes`, or nothing; fills `header`. All sizes
/// are checked against the file's before they are used, without a sum that could wrap.
std::string read_header(std::string_view bytes, std::uint64_t file_bytes, PackHeader& header);
/// Row `sample` of a table that has one.
PackEntry read_entry(std::string_view table, std::uint64_t sample);
/// What is wrong with entry `sample`, or nothing.
std::string problem_of(const PackEntry& entry, const PackHeader& header);

/// Names of classes, then those of the pictures within their class, in the order of the samples.
struct PackNames {
  std::vector<std::string> classes, pictures;
};
std::string names_text(const PackNames& names);
/// Splits the text into names of classes, and the rest, unread: a million names would cost a
/// hundred megabytes. Returns what is wrong, or nothing.
std::string read_names(std::string_view text, const PackHeader& header,
                       std::vector<std::string>& classes, std::string_view& pictures);
/// Name `sample` of those in `pictures`.
std::string_view picture_name(std::string_view pictures, std::uint64_t sample);

}  // namespace lockstep
