#include "sweeps/spec/findings.hpp"

#include <algorithm>
#include <tuple>

#include "sweeps/run/tables.hpp"

namespace lockstep::spec {

namespace {
Diagnostic diagnostic(Diagnostic::Severity severity, const Place& place, std::string message,
                      std::string hint) {
  return {.severity = severity,
          .line = place.line,
          .column = place.column,
          .length = place.length,
          .message = std::move(message),
          .hint = std::move(hint)};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_but_for_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}
}  // namespace

void Findings::error(const Place& place, std::string message, std::string hint) {
  ++errors_;
  found_.push_back(
      diagnostic(Diagnostic::Severity::error, place, std::move(message), std::move(hint)));
}

void Findings::warning(const Place& place, std::string message, std::string hint) {
  found_.push_back(
      diagnostic(Diagnostic::Severity::warning, place, std::move(message), std::move(hint)));
}

std::vector<Diagnostic> Findings::take() {
  std::stable_sort(found_.begin(), found_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  errors_ = 0;
  return std::move(found_);
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kLimit = 40;
  std::string_view shown = text;
  if (shown.size() > kLimit) {
    std::size_t end = kLimit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    shown = text.substr(0, end);
  }
  return '"' + std::string(shown) + (shown.size() < text.size() ? "...\"" : "\"");
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  for (const std::string& candidate : candidates) {
    if (equal_but_for_case(word, candidate)) return "did you mean '" + candidate + "'?";
  }
  const auto near = nearest(word, candidates);
  return near ? "did you mean '" + *near + "'?" : "one of: " + joined(candidates);
}

}  // namespace lockstep::spec
