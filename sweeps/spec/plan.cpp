#include "sweeps/spec/plan.hpp"

#include <nlohmann/json.hpp>

namespace lockstep {

namespace {
constexpr int kFormat = 1;
constexpr std::size_t kHashDigits = 12;

nlohmann::ordered_json report_json(const ReportSpec& report) {
  return {{"select", report.select}, {"targets", report.targets}, {"networks", report.networks}};
}
}  // namespace

nlohmann::ordered_json to_json(const Plan& plan) {
  using Json = nlohmann::ordered_json;
  Json runs = Json::array();
  for (const PlannedRun& run : plan.runs) {
    runs.push_back({{"id", run.id.text()},
                    {"cell", run.cell},
                    {"config", Json::parse(run.config.canonical_json())}});
  }
  return {{"format", kFormat},
          {"study", plan.study},
          {"question", plan.question},
          {"spec_sha256", plan.spec_sha256},
          {"report", report_json(plan.report)},
          {"runs", std::move(runs)}};
}

std::string plan_hash(const Plan& plan) {
  return sha256_hex(to_json(plan).dump()).substr(0, kHashDigits);
}

}  // namespace lockstep
