// config.json of a run: what is accepted is the canonical bytes of a legal configuration.
#include "sweeps/run/course.hpp"
#include "sweeps/run/run_id.hpp"
#include "tests/fuzz/target.hpp"

using namespace lockstep;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Tables tables = Tables::builtin();
  const std::string_view text = fuzz::text_of(data, size);
  try {
    const RunConfig config = parse_config(tables, text);
    require(config.canonical_json() == text, "config.json is the canonical bytes");
    require(RunId::parse(RunId::of(config).text()).has_value(), "it has an id");
    require(cell_of(config.without("seed")) == cell_of(config), "a cell does not know the seed");
  } catch (const ConfigError&) {  // refused
  }
  return 0;
}
