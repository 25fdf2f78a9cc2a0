#include "sweeps/run/report_spec.hpp"

#include <nlohmann/json.hpp>

namespace lockstep {

nlohmann::ordered_json to_json(const ReportSpec& report) {
  using Json = nlohmann::ordered_json;
  Json json = {
      {"select", report.select}, {"targets", report.targets}, {"networks", report.networks}};
  for (const DeclaredNetwork& network : report.declared) {
    json["declared"].push_back({{"name", network.name},
                                {"latency_us", network.latency_us},
                                {"bandwidth_GB_s", network.bandwidth_GB_s}});
  }
  if (report.straggler_excess > 0) {
    json["stragglers"] = {{"model", "exponential"}, {"mean_excess", report.straggler_excess}};
  }
  if (report.compare_unequal) json["compare_unequal"] = true;
  return json;
}

ReportSpec report_spec_from(const nlohmann::json& json) {
  ReportSpec report;
  report.select = json.at("select").get<std::vector<std::string>>();
  report.targets = json.at("targets").get<std::vector<double>>();
  report.networks = json.at("networks").get<std::vector<std::string>>();
  if (json.contains("declared")) {
    for (const auto& network : json.at("declared")) {
      report.declared.push_back({network.at("name").get<std::string>(),
                                 network.at("latency_us").get<double>(),
                                 network.at("bandwidth_GB_s").get<double>()});
    }
  }
  if (json.contains("stragglers"))
    report.straggler_excess = json.at("stragglers").at("mean_excess").get<double>();
  report.compare_unequal = json.value("compare_unequal", false);
  return report;
}

const std::vector<std::string>& report_network_names() {
  static const std::vector<std::string> names = {"measured", "1GbE",   "10GbE", "25GbE",
                                                 "100GbE",   "NDR400", "NVLink"};
  return names;
}

}  // namespace lockstep
