#include "sweeps/spec/source_text.hpp"

#include <algorithm>

#include "sweeps/spec/printable.hpp"
#include "sweeps/spec/sweep_spec.hpp"

namespace lockstep::spec {

namespace {
/// Bytes up to and with the closing quote; nothing where it is missing.
std::optional<std::size_t> closed_length(std::string_view rest) {
  const char quote = rest[0];
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (quote == '"' && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == quote) {
      const bool escaped = quote == '\'' && i + 1 < rest.size() && rest[i + 1] == quote;
      if (!escaped) return i + 1;
      ++i;
    }
  }
  return {};
}

/// The same within a line: all of `rest` where the quote is not closed on it.
std::size_t quoted_length(std::string_view rest) {
  return closed_length(rest).value_or(rest.size());
}

/// Bytes up to and with the bracket that closes the one at the front.
std::size_t bracketed_length(std::string_view rest) {
  int open = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '"' || rest[i] == '\'') i += quoted_length(rest.substr(i)) - 1;
    if (i >= rest.size()) break;
    if (rest[i] == '[' || rest[i] == '{') ++open;
    if ((rest[i] == ']' || rest[i] == '}') && --open == 0) return i + 1;
  }
  return rest.size();
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

/// A tag, anchor or alias.
std::size_t property_length(std::string_view rest) {
  return std::min(rest.find_first_of(" ,[]{}"), rest.size());
}

std::size_t word_length(std::string_view rest) {
  return static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_word) -
                                  rest.begin());
}

bool is_forbidden_control(std::string_view text, std::size_t i) {
  const auto byte = static_cast<unsigned char>(text[i]);
  if (byte == '\r') return i + 1 >= text.size() || text[i + 1] != '\n';
  return (byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7F;
}
}  // namespace

std::string_view without_byte_order_mark(std::string_view source) {
  return source.starts_with("\xEF\xBB\xBF") ? source.substr(3) : source;
}

SourceText::SourceText(std::string_view text) : text_(text), starts_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts_.push_back(i + 1);
  }
}

std::string_view SourceText::rest_of_line(std::size_t offset) const {
  std::string_view rest = text_.substr(std::min(offset, text_.size()));
  rest = rest.substr(0, rest.find('\n'));
  while (!rest.empty() && (rest.back() == '\r' || rest.back() == ' ')) rest.remove_suffix(1);
  return rest;
}

std::size_t SourceText::offset_of(int line, int column) const {
  const auto index = static_cast<std::size_t>(std::max(line, 0));
  if (index >= starts_.size()) return text_.size();
  return std::min(starts_[index] + static_cast<std::size_t>(std::max(column, 0)), text_.size());
}

bool SourceText::is_closed(int line, int column) const {
  const std::string_view rest = text_.substr(offset_of(line, column));
  const bool is_quoted = rest.starts_with('"') || rest.starts_with('\'');
  return !is_quoted || closed_length(rest).has_value();
}

bool SourceText::is_null_word(int line, int column) const {
  const std::string_view rest = rest_of_line(offset_of(line, column));
  return rest.starts_with('~') || rest.starts_with("null") || rest.starts_with("Null") ||
         rest.starts_with("NULL");
}

Place SourceText::place_before(int line, int column) const {
  std::size_t offset = offset_of(line, column);
  while (offset > 0 && std::string_view(" \t\r\n").find(text_[offset - 1]) != text_.npos) --offset;
  return place_at(offset > 0 ? offset - 1 : 0);
}

std::optional<Place> SourceText::tab_in_indentation(int line) const {
  const std::size_t start = offset_of(line, 0);
  const std::string_view rest = rest_of_line(start);
  const std::size_t tab = rest.find('\t');
  if (tab == rest.npos || tab > rest.find_first_not_of(" \t")) return {};
  return place_at(start + tab);
}

Place SourceText::place_of(int line, int column, std::size_t plain_length) const {
  Place place{line + 1, column + 1, 1};
  const std::string_view rest = rest_of_line(offset_of(line, column));
  if (rest.empty()) return place;
  std::size_t length = plain_length;
  const char first = rest[0];
  if (first == '"' || first == '\'') {
    length = quoted_length(rest);
  } else if (first == '[' || first == '{') {
    length = bracketed_length(rest);
  } else if (first == '*' || first == '&' || first == '!') {
    length = property_length(rest);
  } else if (plain_length == 0 || first == '|' || first == '>') {
    length = word_length(rest);
  }
  place.length = static_cast<int>(std::clamp<std::size_t>(length, 1, rest.size()));
  return place;
}

Place SourceText::place_at(std::size_t offset) const {
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const std::size_t start = *(next - 1);
  return {static_cast<int>(next - starts_.begin()), static_cast<int>(offset - start) + 1, 1};
}

bool is_fit_to_parse(const SourceText& source, Findings& findings) {
  const std::string_view text = source.text();
  if (text.size() > kMaxSpecBytes) {
    findings.error({}, "the spec is larger than 1 MiB",
                   "describe the runs by axes, not one by one");
    return false;
  }
  if (const std::size_t offset = first_invalid_utf8(text); offset != text.npos) {
    findings.error(source.place_at(offset), "the spec is not valid UTF-8",
                   "save it as UTF-8 in the editor");
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_forbidden_control(text, i)) continue;
    findings.error(source.place_at(i), "a control character",
                   "take it away; line ends are LF or CRLF");
    return false;
  }
  return true;
}

}  // namespace lockstep::spec
