// Text of unknown origin made fit for a terminal, and UTF-8 looked at as bytes.
#pragma once

#include <string>
#include <string_view>

namespace lockstep::spec {

/// Bytes of the UTF-8 sequence at the front of `text`; 0 where it is not valid (overlong forms,
/// surrogates and a cut sequence included). `text` is not empty.
std::size_t utf8_length(std::string_view text);

/// Offset of the first byte that is not valid UTF-8; npos where all is valid.
std::size_t first_invalid_utf8(std::string_view text);

/// Whether `text` is valid UTF-8 without control characters, line breaks and tabs included, and
/// without marks that turn the direction of writing.
bool is_printable(std::string_view text);

/// `text` with every character that is_printable() objects to replaced: a tab by a space, others by
/// '?'.
std::string printable(std::string_view text);

}  // namespace lockstep::spec
