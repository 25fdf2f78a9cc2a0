// What an unquoted word says: our own grammar, because YAML libraries disagree (threat S3). Numbers
// are decimal, in the style of YAML 1.2's core schema: `12`, `-3`, `+1`, `0.5`, `.5`, `5.`, `1e-3`.
// No octal, no hexadecimal, no underscores, no leading zeros, no infinities. `true` and `false` are
// booleans; `yes`, `no`, `on`, `off` are words. What stands in quotes is text, always.
#pragma once

#include <string>
#include <string_view>

#include "sweeps/run/value.hpp"

namespace lockstep::spec {

/// The value of an unquoted word. What is neither boolean nor number is text.
Value read_word(std::string_view word);

struct Advice {
  std::string trouble;  ///< empty: nothing to say
  std::string hint;
};

/// Why a word that looks like a number or a boolean is none: `017`, `1_000`, `0x1F`, `1,5`, `.inf`,
/// `1e999`, `yes`.
Advice advice_about(std::string_view word);

}  // namespace lockstep::spec
