#include "sweeps/spec/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "sweeps/spec/printable.hpp"
#include "sweeps/spec/source_text.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kMaxShown = 100;    // characters of a source line
constexpr std::size_t kBeforeCaret = 60;  // of them before the caret, where the line is cut
constexpr std::string_view kIndent = "   ";

/// Lines without their end. Lines are what '\n' separates, as for the YAML reader.
std::vector<std::string_view> lines_of(std::string_view source) {
  std::vector<std::string_view> lines;
  while (true) {
    const std::size_t end = source.find('\n');
    std::string_view line = source.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == source.npos) return lines;
    source.remove_prefix(end + 1);
  }
}

/// Characters, not bytes: what a caret has to be moved by.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// `text` from about byte `from` on, at most `bytes` bytes, cut between characters.
std::string_view slice(std::string_view text, std::size_t from, std::size_t bytes) {
  const auto inside = [&](std::size_t i) {
    return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  };
  std::size_t begin = std::min(from, text.size());
  while (begin > 0 && inside(begin)) --begin;
  std::size_t end = std::min(begin + bytes, text.size());
  while (end > begin && inside(end)) --end;
  return text.substr(begin, end - begin);
}

/// The line and the caret under it. The blanks that a line begins with are left out.
std::string excerpt(std::string_view line, const Diagnostic& place) {
  const auto offset =
      std::min(static_cast<std::size_t>(std::max(place.column, 1) - 1), line.size());
  const std::size_t blank = std::min(line.find_first_not_of(" \t"), offset);
  const bool is_cut = line.size() - blank > kMaxShown && offset - blank > kBeforeCaret;
  const std::size_t start = is_cut ? offset - kBeforeCaret : blank;
  const std::string_view shown = slice(line, start, kMaxShown);
  const std::size_t skipped = static_cast<std::size_t>(shown.data() - line.data());
  const std::string_view before = shown.substr(0, offset - skipped);
  const std::string_view marked =
      slice(shown, before.size(), static_cast<std::size_t>(std::max(place.length, 1)));
  const std::size_t marks = std::max<std::size_t>(width(spec::printable(marked)), 1);
  return fmt::format("{}{}\n{}{}^{}\n", kIndent, spec::printable(shown), kIndent,
                     std::string(width(spec::printable(before)), ' '), std::string(marks - 1, '~'));
}

std::string rendered(const Diagnostic& diagnostic, std::string_view file,
                     const std::vector<std::string_view>& lines) {
  const bool is_error = diagnostic.severity == Diagnostic::Severity::error;
  std::string text =
      fmt::format("{}:{}:{}: {}: {}\n", spec::printable(file), diagnostic.line, diagnostic.column,
                  is_error ? "error" : "warning", spec::printable(diagnostic.message));
  const auto index = static_cast<std::size_t>(std::max(diagnostic.line, 1) - 1);
  if (index < lines.size()) text += excerpt(lines[index], diagnostic);
  if (!diagnostic.hint.empty()) {
    text += fmt::format("{}help: {}\n", kIndent, spec::printable(diagnostic.hint));
  }
  return text;
}
}  // namespace

std::string render(const std::vector<Diagnostic>& diagnostics, std::string_view file,
                   std::string_view source) {
  std::vector<Diagnostic> sorted = diagnostics;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  const auto lines = lines_of(spec::without_byte_order_mark(source));
  std::string text;
  for (std::size_t i = 0; i < std::min(sorted.size(), kMaxRendered); ++i) {
    text += rendered(sorted[i], file, lines);
  }
  if (sorted.size() > kMaxRendered) {
    text += fmt::format("{}: {} more are not shown\n", spec::printable(file),
                        sorted.size() - kMaxRendered);
  }
  return text;
}

}  // namespace lockstep
