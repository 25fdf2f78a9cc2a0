// What is wrong with a sweep spec and where. All problems of a file are found in one pass.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

struct Diagnostic {
  enum class Severity { error, warning } severity = Severity::error;
  int line = 1;    ///< 1-based
  int column = 1;  ///< 1-based, in bytes
  int length = 1;  ///< bytes under the caret
  std::string message;
  std::string hint;  ///< may be empty
};

/// At most so many are rendered; the rest is counted.
inline constexpr std::size_t kMaxRendered = 100;

/// `a.yaml:7:12: error: ...`, the line, a caret under the place, and `help: ...`; sorted by place.
/// Control characters of the source are not passed on: each is shown as '?'. Long lines are cut
/// around the place.
std::string render(const std::vector<Diagnostic>& diagnostics, std::string_view file,
                   std::string_view source);

}  // namespace lockstep
