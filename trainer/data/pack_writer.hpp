// Packs a folder of class folders of JPEG pictures into one file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "trainer/data/pack_format.hpp"

namespace lockstep {

struct PackedFile {
  std::int64_t classes = 0, samples = 0, bytes = 0;
  std::int64_t passed_over = 0;  ///< files that are no pictures by their ending
  bool was_there = false;        ///< the same pictures were packed already
};

/// Called after every picture with how many of all are packed.
using PackProgress = std::function<void(std::int64_t packed, std::int64_t all)>;

/// Packs `source`/<class>/*.jpg (.jpeg, in any case). Classes are numbered, and pictures of a class
/// ordered, by name; then the first of every class, the second of every class, ..., so that a data
/// set cut short has all classes. The same bytes for the same pictures. Every picture is decoded
/// once on the way: what is packed can be read. Writes <file>.partial and renames it; killed, it
/// may be called again, and begins anew. Throws DataError naming a picture that is damaged or no
/// JPEG, ConfigError where there is nothing to pack, another process packs to `file`, or it holds
/// something else.
PackedFile pack_pictures(const std::filesystem::path& source, const std::filesystem::path& file,
                         const PackReduction& reduction, const PackProgress& progress);

}  // namespace lockstep
