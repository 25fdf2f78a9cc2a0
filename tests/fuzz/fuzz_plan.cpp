// Plans of a study, as they are and with ids that fit their configurations: by the reader of the
// index, and by the quick one that only shows runs.
#include <nlohmann/json.hpp>

#include "orchestrator/schedule/plan_reader.hpp"
#include "results/store/plan_files.hpp"
#include "sweeps/run/run_id.hpp"
#include "tests/fuzz/target.hpp"

using namespace lockstep;
using fuzz::require;

namespace {
constexpr const char* kStudy = "quickstart";

void look_at(std::string_view text) {
  StudyPlans study;
  study.name = kStudy;
  if (const auto problem = add_plan(text, study)) {
    require(study.runs.empty() && study.question.empty(), "a bad plan adds nothing");
    require(problem->offset <= text.size() && !problem->what.empty(), "a problem has a place");
    return;
  }
  for (const auto& [id, run] : study.runs)
    require(sha256_hex(run.config).substr(0, id.size()) == id, "an id is its configuration's");
  require(report_from_text(report_to_text(study.report)) == study.report,
          "what the report is asked for reads back");
  const std::size_t runs = study.runs.size();
  require(!add_plan(text, study) && study.runs.size() == runs, "the same plan twice adds nothing");
}

void look_quickly_at(std::string_view text) {
  static const Tables kTables = Tables::builtin();
  const simdjson::padded_string plan(text);
  try {
    std::vector<RawRun> runs;
    add_runs(plan, runs);
    ConfigReader reader(kTables);
    for (const RawRun& run : runs) {
      const Settings settings = reader.settings_of(run);
      const auto config = nlohmann::json::parse(run.config);
      require(sha256_hex(config.dump()).substr(0, run.id.size()) == run.id,
              "an id is its configuration's");
      require(config.size() == settings.size(), "every parameter is a setting");
    }
  } catch (const NotPlain&) {
    return;  // left to the careful reader
  }
}

/// Nothing where it is no JSON: then there is nothing to fit.
std::string with_ids(std::string_view text) {
  auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return "";
  json["study"] = kStudy;
  const auto runs = json.find("runs");
  if (runs == json.end() || !runs->is_array()) return "";
  for (auto& run : *runs) {
    if (run.is_object() && run.contains("config"))
      run["id"] = sha256_hex(run["config"].dump()).substr(0, 32);
  }
  return json.dump();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  look_at(text);
  look_at(with_ids(text));
  look_quickly_at(text);
  look_quickly_at(with_ids(text));
  return 0;
}
