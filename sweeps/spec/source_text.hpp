// The bytes of a spec with their lines: checks that come before any parsing, and how far a value
// reaches.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sweeps/spec/findings.hpp"

namespace lockstep::spec {

/// A byte order mark is no part of the text and of no column.
std::string_view without_byte_order_mark(std::string_view source);

class SourceText {
 public:
  /// `text` must outlive the object.
  explicit SourceText(std::string_view text);

  std::string_view text() const { return text_; }

  /// The place of the scalar, list or map that begins at `line`, `column` (0-based, as the parser
  /// counts). A scalar reaches to its closing quote or, unquoted, over `plain_length` bytes; flow
  /// lists and maps to their closing bracket; of a block map the first key is marked. Never past
  /// the end of the line.
  Place place_of(int line, int column, std::size_t plain_length) const;

  /// Whether the quoted scalar that begins there has its closing quote, on whatever line. True for
  /// others.
  bool is_closed(int line, int column) const;

  /// Whether `~` or `null` is written there.
  bool is_null_word(int line, int column) const;

  /// The place of the last byte before `line`, `column` that is not blank: what stands before an
  /// empty value.
  Place place_before(int line, int column) const;

  /// The place of a tab in the indentation of the line, if there is one.
  std::optional<Place> tab_in_indentation(int line) const;

  /// The place of one byte.
  Place place_at(std::size_t offset) const;

 private:
  std::size_t offset_of(int line, int column) const;
  std::string_view rest_of_line(std::size_t offset) const;

  std::string_view text_;
  std::vector<std::size_t> starts_;  ///< of the lines
};

/// What forbids parsing: too large, not UTF-8, control characters. Tells one finding and returns
/// false.
bool is_fit_to_parse(const SourceText& source, Findings& findings);

}  // namespace lockstep::spec
