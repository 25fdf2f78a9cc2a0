#include "reports/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "reports/analysis.hpp"

namespace lockstep {

namespace {
struct Stamp {
  std::string tool, spec, rows;
};

/// The first stamp in a text: every output has the same, in a place of its own.
std::optional<Stamp> stamp_in(const std::string& text) {
  static const std::regex kStamp("(lockstep [0-9][0-9.]*); spec ([0-9a-f]*); rows ([0-9a-f]+)");
  std::smatch found;
  if (!std::regex_search(text, found, kStamp)) return {};
  return Stamp{found[1], found[2], found[3]};
}

std::string first_difference(const std::string& a, const std::string& b) {
  const auto at = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  return fmt::format("line {}", 1 + std::count(a.begin(), at, '\n'));
}

std::string why(const std::string& found, const std::string& expected) {
  const std::optional<Stamp> theirs = stamp_in(found), ours = stamp_in(expected);
  if (!theirs || !ours) return "differs, and does not say what it was made from";
  if (theirs->rows != ours->rows) {
    const char* spec = theirs->spec != ours->spec ? " and another spec" : "";
    return fmt::format(
        "made from other rows (rows {}, now {}){}: the study has changed since it was written",
        theirs->rows, ours->rows, spec);
  }
  if (theirs->tool != ours->tool)
    return fmt::format("made of the same rows by {}, this is {}", theirs->tool, ours->tool);
  return "made of the same rows, but not these bytes: changed after it was written, or by another "
         "build; first difference in " +
         first_difference(found, expected);
}
}  // namespace

std::vector<FileVerdict> verify_report(
    const Analysis& analysis, const std::vector<Exporter>& exporters,
    const std::function<std::optional<std::string>(const std::string&)>& read) {
  std::vector<FileVerdict> verdicts;
  for (const Exporter& exporter : exporters) {
    FileVerdict verdict{.file = exporter.file_name};
    const std::optional<std::string> found = read(exporter.file_name);
    if (!found) {
      verdict.text = "missing";
    } else {
      const std::string expected = exporter.render(analysis);
      verdict.same = *found == expected;
      verdict.text = verdict.same ? "same" : why(*found, expected);
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace lockstep
