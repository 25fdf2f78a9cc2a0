// Small rules of the record format that the nlohmann and the simdjson reader share. Internal to
// results/record.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "results/record/record_error.hpp"

namespace lockstep {

/// Integers stay within 2^53: beyond it readers that hold doubles (jq, JavaScript) round.
inline constexpr std::int64_t kLargestInteger = std::int64_t{1} << 53;

/// "NaN", "Infinity" or "-Infinity".
const char* text_of_nonfinite(double value);
/// The inverse; false where the text is none of them.
bool nonfinite_of_text(std::string_view text, double& value);

inline bool narrow(std::int64_t wide, int& member) {
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max())
    return false;
  member = static_cast<int>(wide);
  return true;
}

RecordError wrong_member(std::string_view name);

/// Throws FormatError unless they are equal.
void check_format(std::int64_t found, std::int64_t known);

}  // namespace lockstep
