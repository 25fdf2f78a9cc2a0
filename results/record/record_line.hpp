// The fixed parts of a line. Internal to results/record.
#pragma once

#include <cstddef>
#include <string_view>

namespace lockstep {

inline constexpr std::string_view kChecksumMember = ",\"x\":\"";
inline constexpr std::string_view kLineEnd = "\"}";
inline constexpr std::size_t kSuffixBytes = 24;  ///< both and 16 digits between them
inline constexpr std::size_t kLongestLine = std::size_t{1} << 20;  ///< newline included

}  // namespace lockstep
