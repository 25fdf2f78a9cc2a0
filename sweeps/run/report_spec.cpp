#include "sweeps/run/report_spec.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

namespace lockstep {

namespace {
StragglerSpec stragglers_from(const nlohmann::json& json) {
  StragglerSpec stragglers;
  const auto name = json.at("model").get<std::string>();
  for (const StragglerModel& row : straggler_models()) {
    if (row.name == name) stragglers.model = row.model;
  }
  if (stragglers.model == StragglerSpec::Model::none)
    throw nlohmann::json::other_error::create(501, "unknown model of stragglers: " + name, &json);
  stragglers.mean_excess = json.value("mean_excess", 0.0);
  stragglers.sigma = json.value("sigma", 0.0);
  stragglers.excess = json.value("excess", std::vector<double>());
  stragglers.factor = json.value("factor", 1.0);
  return stragglers;
}

TimeSum time_sum_from(const nlohmann::json& json) {
  const auto& names = time_sum_names();
  const auto found = std::find(names.begin(), names.end(), json.get<std::string>());
  if (found == names.end())
    throw nlohmann::json::other_error::create(501, "unknown time: " + json.dump(), &json);
  return static_cast<TimeSum>(found - names.begin());
}
}  // namespace

const std::vector<StragglerModel>& straggler_models() {
  using Model = StragglerSpec::Model;
  static const std::vector<StragglerModel> models = {
      {"none", Model::none, {}},
      {"exponential", Model::exponential, {"mean_excess"}},
      {"lognormal", Model::lognormal, {"mean_excess", "sigma"}},
      {"trace", Model::trace, {"excess"}},
      {"slow_worker", Model::slow_worker, {"factor"}},
  };
  return models;
}

const char* name_of(StragglerSpec::Model model) {
  return straggler_models()[static_cast<std::size_t>(model)].name;
}

double mean_excess_of(const StragglerSpec& stragglers) {
  switch (stragglers.model) {
    case StragglerSpec::Model::none:
      return 0;
    case StragglerSpec::Model::exponential:
    case StragglerSpec::Model::lognormal:
      return stragglers.mean_excess;
    case StragglerSpec::Model::trace:
      if (stragglers.excess.empty()) return 0;
      return std::accumulate(stragglers.excess.begin(), stragglers.excess.end(), 0.0) /
             static_cast<double>(stragglers.excess.size());
    case StragglerSpec::Model::slow_worker:
      return stragglers.factor - 1;
  }
  return 0;
}

const std::vector<std::string>& time_sum_names() {
  static const std::vector<std::string> names = {"productive", "productive+eval", "wall"};
  return names;
}

const std::string& name_of(TimeSum sum) { return time_sum_names()[static_cast<std::size_t>(sum)]; }

nlohmann::ordered_json to_json(const StragglerSpec& stragglers) {
  const nlohmann::ordered_json all = {{"mean_excess", stragglers.mean_excess},
                                      {"sigma", stragglers.sigma},
                                      {"excess", stragglers.excess},
                                      {"factor", stragglers.factor}};
  nlohmann::ordered_json json = {{"model", name_of(stragglers.model)}};
  const auto row = static_cast<std::size_t>(stragglers.model);
  for (const std::string& member : straggler_models()[row].members) json[member] = all.at(member);
  return json;
}

nlohmann::ordered_json to_json(const ReportSpec& report) {
  using Json = nlohmann::ordered_json;
  Json json = {
      {"select", report.select}, {"targets", report.targets}, {"networks", report.networks}};
  for (const DeclaredNetwork& network : report.declared) {
    json["declared"].push_back({{"name", network.name},
                                {"latency_us", network.latency_us},
                                {"bandwidth_GB_s", network.bandwidth_GB_s}});
  }
  if (report.stragglers.model != StragglerSpec::Model::none)
    json["stragglers"] = to_json(report.stragglers);
  if (report.time != TimeSum::productive) json["time"] = name_of(report.time);
  if (report.price)
    json["price"] = {{"per_device_hour", report.price->per_device_hour},
                     {"currency", report.price->currency}};
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
  if (json.contains("stragglers")) report.stragglers = stragglers_from(json.at("stragglers"));
  if (json.contains("time")) report.time = time_sum_from(json.at("time"));
  if (json.contains("price")) {
    const auto& price = json.at("price");
    report.price = {price.at("per_device_hour").get<double>(),
                    price.at("currency").get<std::string>()};
  }
  report.compare_unequal = json.value("compare_unequal", false);
  return report;
}

const std::vector<std::string>& report_network_names() {
  static const std::vector<std::string> names = {"measured", "1GbE",   "10GbE", "25GbE",
                                                 "100GbE",   "NDR400", "NVLink"};
  return names;
}

}  // namespace lockstep
