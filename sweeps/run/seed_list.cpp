#include "sweeps/run/seed_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

namespace lockstep {

namespace {
std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> seed_of(std::string_view text, std::int64_t largest) {
  text = trimmed(text);
  std::int64_t seed = -1;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seed);
  if (read.ec != std::errc() || read.ptr != end || seed < 0 || seed > largest) return std::nullopt;
  return seed;
}
}  // namespace

std::variant<std::vector<std::int64_t>, std::string> parse_seed_list(std::string_view text,
                                                                     std::int64_t largest) {
  std::set<std::int64_t> seeds;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string_view item = text.substr(at, end - at);
    at = end + 1;
    const std::size_t dots = item.find("..");
    const bool range = dots != item.npos;
    const auto first = seed_of(item.substr(0, dots), largest);
    const auto last = range ? seed_of(item.substr(dots + 2), largest) : first;
    if (!first || !last) {
      return fmt::format("'{}' is no list of seeds; write it like 4,5,7..9 (seeds are 0 to {})",
                         text, largest);
    }
    if (*last < *first)
      return fmt::format("the range {} runs backwards; write {}..{}", item, *last, *first);
    if (static_cast<std::size_t>(*last - *first) >= kMostSeedsListed - seeds.size()) {
      return fmt::format("'{}' is more than {} seeds; give a shorter list", text, kMostSeedsListed);
    }
    for (std::int64_t seed = *first; seed <= *last; ++seed) seeds.insert(seed);
  }
  return std::vector<std::int64_t>(seeds.begin(), seeds.end());
}

std::string seed_list(const std::vector<std::int64_t>& seeds) {
  std::string text;
  for (std::size_t i = 0; i < seeds.size();) {
    std::size_t end = i + 1;
    while (end < seeds.size() && seeds[end] == seeds[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    if (end - i > 2) {
      text += fmt::format("{}..{}", seeds[i], seeds[end - 1]);
    } else {
      end = i + 1;
      text += std::to_string(seeds[i]);
    }
    i = end;
  }
  return text;
}

}  // namespace lockstep
