// A list of seeds as it is typed and printed: "4,5,7..9". One notation for the command line, which
// reads it, and for reports, which print commands to copy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lockstep {

/// A list of more seeds is a mistake: no study plans more runs (kMaxRuns of the sweep language).
inline constexpr std::size_t kMostSeedsListed = 10'000;

/// The seeds, rising, each once; or what is wrong, with the remedy. Blanks do not matter. Seeds are
/// from 0 to `largest`.
std::variant<std::vector<std::int64_t>, std::string> parse_seed_list(std::string_view text,
                                                                     std::int64_t largest);

/// The shortest list: three or more in a row are a range. Of rising seeds, parse_seed_list() reads
/// it back.
std::string seed_list(const std::vector<std::int64_t>& seeds);

}  // namespace lockstep
