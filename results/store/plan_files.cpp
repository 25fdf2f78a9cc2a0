#include "results/store/plan_files.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sweeps/run/run_id.hpp"

namespace lockstep {

namespace {
using Json = nlohmann::json;
constexpr int kFormat = 1;
constexpr std::size_t kIdDigits = 32;

/// Adds one plan. Throws before anything is added.
void add(const Json& json, StudyPlans& study) {
  if (json.at("format").get<int>() != kFormat)
    throw RecordError("unknown format; use the lockstep that wrote it");
  if (json.at("study").get<std::string>() != study.name)
    throw RecordError("it is a plan of another study");
  std::map<std::string, PlannedConfig> runs;
  for (const Json& run : json.at("runs")) {
    const auto id = run.at("id").get<std::string>();
    std::string config = run.at("config").dump();
    if (sha256_hex(config).substr(0, kIdDigits) != id) {
      throw RecordError(fmt::format("the configuration of run {} does not have that hash", id));
    }
    runs[id] = {run.at("cell").get<std::string>(), std::move(config)};
  }
  ReportSpec report = report_spec_from(json.at("report"));
  auto question = json.at("question").get<std::string>();
  auto spec_sha256 = json.at("spec_sha256").get<std::string>();
  study.question = std::move(question);
  study.spec_sha256 = std::move(spec_sha256);
  study.report = std::move(report);
  study.runs.merge(runs);
}

void add_early_stops(const Workspace& workspace, StudyPlans& study) {
  try {
    study.early_stops = read_early_stops(early_stops_folder(workspace.submissions(study.name)));
    std::erase_if(study.early_stops, [](const EarlyStop& stop) { return stop.lifted; });
  } catch (const RecordError& error) {
    study.findings.push_back({Finding::Kind::corruption, relative_to(workspace, error.what())});
  }
}
}  // namespace

std::optional<PlanProblem> add_plan(std::string_view text, StudyPlans& study) {
  try {
    add(Json::parse(text), study);
  } catch (const Json::parse_error& error) {  // its byte counts from 1
    return PlanProblem{error.byte > 0 ? error.byte - 1 : 0, "no JSON from here on"};
  } catch (const Json::exception&) {
    return PlanProblem{0, "a member is missing or of another type"};
  } catch (const RecordError& error) {
    return PlanProblem{0, error.what()};
  }
  return {};
}

StudyPlans read_plans(const Workspace& workspace, const std::string& name) {
  StudyPlans study;
  study.name = name;
  for (const auto& path : workspace.plans(name)) {
    std::optional<PlanProblem> problem;
    try {
      problem = add_plan(read_file(path), study);
    } catch (const RecordError& error) {
      problem = PlanProblem{0, error.what()};
    }
    if (!problem) continue;
    study.findings.push_back(
        {Finding::Kind::corruption,
         relative_to(workspace, fmt::format("{}:{}: not a readable plan: {}; move it away and run "
                                            "the study's spec again",
                                            path.string(), problem->offset, problem->what))});
  }
  add_early_stops(workspace, study);
  return study;
}

std::string report_to_text(const ReportSpec& report) { return to_json(report).dump(); }

ReportSpec report_from_text(const std::string& json) { return report_spec_from(Json::parse(json)); }

}  // namespace lockstep
