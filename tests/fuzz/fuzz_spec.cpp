// Sweep specs: read_spec() never throws, every mistake has a place in the text, what is shown of it
// on a terminal cannot steer it, and what is planned is what its configurations say.
#include "sweeps/spec/sweep_spec.hpp"
#include "tests/fuzz/target.hpp"

using namespace lockstep;
using fuzz::require;

namespace {
constexpr std::int64_t kMostRuns = 64;  // a larger grid is refused, as a user's limit would

void check_places(const SpecResult& result, std::string_view source) {
  int lines = 1;
  for (const char c : source) lines += c == '\n';
  for (const Diagnostic& found : result.diagnostics) {
    require(found.line >= 1 && found.line <= lines + 1, "a mistake lies in the text");
    require(found.column >= 1 && found.length >= 0, "a caret has a place");
    require(!found.message.empty(), "a mistake is told");
  }
  const std::string shown = render(result.diagnostics, "fuzz.yaml", source);
  for (const char c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    require(byte >= 0x20 || c == '\n' || c == '\t', "no control character reaches the terminal");
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Tables tables = Tables::builtin();
  const std::string_view source = fuzz::text_of(data, size);
  const SpecResult result = read_spec(tables, source, kMostRuns);
  check_places(result, source);
  if (!result.ok()) return 0;
  require(!result.plan.runs.empty(), "a spec without mistakes asks for runs");
  require(static_cast<std::int64_t>(result.plan.runs.size()) <= kMostRuns, "the limit holds");
  for (const PlannedRun& run : result.plan.runs) {
    require(run.id == RunId::of(run.config), "an id is its configuration's");
    require(parse_config(tables, run.config.canonical_json()) == run.config,
            "a configuration reads back");
  }
  return 0;
}
