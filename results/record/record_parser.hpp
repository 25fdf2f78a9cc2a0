// One line's JSON -> record, by simdjson: the fast path of the reader. Internal to results/record;
// equal to record_from_json by test.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "results/record/records.hpp"

namespace lockstep {

struct ParsedLine {
  std::int64_t seq = -1;
  std::optional<Record> record;  ///< none: a type that this version does not know
  std::string unknown_type;
};

/// Holds buffers for re-use. Not thread-safe.
class RecordParser {
 public:
  RecordParser();
  ~RecordParser();

  /// `line` is a whole JSON object; `readable_after` says how many bytes after it may be read (they
  /// are ignored). Nothing for bad JSON, duplicate or wrong members. Throws FormatError for a
  /// header of another format.
  std::optional<ParsedLine> parse(std::string_view line, std::size_t readable_after);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep
