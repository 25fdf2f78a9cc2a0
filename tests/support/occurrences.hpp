#pragma once

#include <string>

namespace lockstep::test {

/// How often `part` lies in `text`, overlaps counted.
inline std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace lockstep::test
