#include "reports/text/apart.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "reports/text/escape.hpp"

namespace lockstep {

namespace {
/// Columns below which there is no room for a head and a tail.
constexpr std::size_t kFewest = 6;

/// Columns of the head in front of what has given way.
std::size_t head_columns(std::size_t columns) { return columns / 4; }

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

/// The first `columns` code points.
std::string head_of(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if (!continues(text[end]) && seen++ == columns) break;
  }
  return std::string(text.substr(0, end));
}

std::size_t common_prefix(const std::set<std::string>& texts) {
  // In a sorted set the first and the last differ first.
  const std::string &a = *texts.begin(), &b = *texts.rbegin();
  std::size_t n = 0;
  while (n < a.size() && n < b.size() && a[n] == b[n]) ++n;
  while (n > 0 && (n == a.size() || continues(a[n]))) --n;
  return n;
}

/// Where the tails begin: at the first word that differs, as long as `head` columns stand before.
std::size_t tails_from(const std::set<std::string>& texts, std::size_t head) {
  const std::size_t differs = common_prefix(texts);
  const std::string& any = *texts.begin();
  const std::size_t space = differs > 0 ? any.rfind(' ', differs - 1) : std::string::npos;
  if (space == std::string::npos) return differs;
  return display_width(any.substr(0, space + 1)) > head ? space + 1 : differs;
}

bool collide(const std::set<std::string>& texts, std::size_t columns) {
  std::set<std::string> brief;
  for (const std::string& text : texts) brief.insert(shorten(text, columns));
  return brief.size() < texts.size();
}

/// Texts whose first head_columns() are one and the same.
std::map<std::string, std::string> apart(const std::set<std::string>& texts, std::size_t columns) {
  const std::size_t head = head_columns(columns), from = tails_from(texts, head);
  std::vector<std::string> tails;
  for (const std::string& text : texts) tails.push_back(text.substr(from));
  const std::vector<std::string> shown = shorten_apart(tails, columns - 1 - head);
  std::map<std::string, std::string> result;
  std::size_t i = 0;
  for (const std::string& text : texts) {
    const std::string& tail = shown[i++];
    result[text] = head_of(text, columns - 1 - display_width(tail)) + "…" + tail;
  }
  return result;
}
}  // namespace

std::vector<std::string> shorten_apart(const std::vector<std::string>& texts, std::size_t columns) {
  // By what will stand in front anyway, so that texts of different groups stay apart.
  std::map<std::string, std::set<std::string>> too_wide;
  for (const std::string& text : texts) {
    if (display_width(text) > columns) too_wide[head_of(text, head_columns(columns))].insert(text);
  }
  std::map<std::string, std::string> result;
  for (const auto& [head, group] : too_wide) {
    if (columns >= kFewest && collide(group, columns)) result.merge(apart(group, columns));
  }
  std::vector<std::string> shown;
  for (const std::string& text : texts) {
    const auto found = result.find(text);
    shown.push_back(found == result.end() ? shorten(text, columns) : found->second);
  }
  return shown;
}

}  // namespace lockstep
