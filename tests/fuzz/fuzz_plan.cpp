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
  PlanPart part;
  try {
    part = read_part(kTables, text, 0, text.size());
  } catch (const NotPlain&) {
    return;  // left to the careful reader
  }
  require(part.begin <= part.end && part.end <= text.size(), "a part is in its plan");
  require(part.runs.size() == part.settings.size(), "every run has settings");
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded() || !part.is_first || !part.is_last) return;
  for (std::size_t i = 0; i < part.runs.size(); ++i) {
    const auto& run = json.at("runs").at(i);
    const auto& config = run.at("config");
    require(run.at("id") == part.runs[i].id && run.at("cell") == part.runs[i].cell,
            "runs are in the plan's order");
    require(sha256_hex(config.dump()).substr(0, 32) == part.runs[i].id,
            "an id is its configuration's");
    std::size_t settings = 0;
    part.settings.of_run(i, [&](std::size_t number) {
      const Setting& setting = part.settings.different()[number];
      require(config.at(setting.name).dump() == setting.value, "a setting is its parameter's");
      ++settings;
    });
    require(config.size() == settings, "every parameter is a setting");
  }
}

/// Nothing where it is no JSON: then there is nothing to fit.
std::string with_ids(std::string_view text) {
  auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!json.is_object()) return "";
  json["study"] = kStudy;
  const auto runs = json.find("runs");
  if (runs == json.end() || !runs->is_array()) return "";
  for (auto& run : *runs) {
    if (!run.is_object() || !run.contains("config")) continue;
    const nlohmann::json config = run["config"];  // its keys are sorted now
    run["config"] = config;
    run["id"] = sha256_hex(config.dump()).substr(0, 32);
  }
  return json.dump(1) + "\n";  // as plans are written
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
