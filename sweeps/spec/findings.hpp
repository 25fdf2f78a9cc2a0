// Where something stands in a spec, and the collector of everything that is wrong with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sweeps/spec/diagnostic.hpp"

namespace lockstep::spec {

/// A stretch of one source line. 1-based, in bytes.
struct Place {
  int line = 1;
  int column = 1;
  int length = 1;
  bool operator==(const Place&) const = default;
};

/// Collects diagnostics, so that one pass can tell all of them.
class Findings {
 public:
  void error(const Place& place, std::string message, std::string hint = {});
  void warning(const Place& place, std::string message, std::string hint = {});
  bool has_errors() const { return errors_ > 0; }
  /// Everything found, sorted by place; what was found first comes first where places are equal.
  std::vector<Diagnostic> take();

 private:
  std::vector<Diagnostic> found_;
  int errors_ = 0;
};

/// `text` in double quotes, cut after 40 bytes, for messages.
std::string quoted(std::string_view text);

/// The hint for a word that does not exist: "did you mean 'x'?", else "one of: a, b, c".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace lockstep::spec
