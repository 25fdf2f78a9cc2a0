#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sweeps/run/run_config.hpp"

namespace lockstep {

namespace {
bool is_revision(const std::string& key) {
  return key == "algorithm_revision" || key == "dataset_revision" || key == "model_revision";
}
}  // namespace

nlohmann::json to_json(const Value& value) {
  return std::visit([](const auto& v) { return nlohmann::json(v); }, value);
}

std::variant<Value, std::string> value_from_json(const Parameter& parameter,
                                                 const nlohmann::json& json) {
  switch (parameter.type) {
    case Type::boolean:
      if (json.is_boolean()) return Value(json.get<bool>());
      break;
    case Type::integer:
      if (json.is_number_integer()) return Value(json.get<std::int64_t>());
      break;
    case Type::real:
      if (json.is_number()) return Value(json.get<double>());
      break;
    case Type::text:
      if (json.is_string()) return Value(json.get<std::string>());
      break;
    case Type::real_list:
      if (json.is_array() && std::all_of(json.begin(), json.end(),
                                         [](const auto& item) { return item.is_number(); })) {
        return Value(json.get<std::vector<double>>());
      }
      break;
  }
  return fmt::format("{} must be {}", parameter.name, type_noun(parameter.type));
}

RunConfig parse_config(const Tables& tables, std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) {
    throw ConfigError("config.json is not a JSON object; was it edited or cut off?");
  }
  std::map<std::string, Value> given;
  for (const auto& [name, item] : json.items()) {
    if (is_revision(name)) continue;
    const Parameter* parameter = tables.parameter(name);
    if (!parameter) throw ConfigError(fmt::format("config.json: unknown parameter '{}'", name));
    auto value = value_from_json(*parameter, item);
    if (auto* message = std::get_if<std::string>(&value)) {
      throw ConfigError("config.json: " + *message);
    }
    given[name] = std::get<Value>(std::move(value));
  }
  Resolution resolution = resolve(tables, given);
  if (!resolution.problems.empty()) {
    throw ConfigError("config.json: " + resolution.problems.front().message);
  }
  if (resolution.config.canonical_json() != text) {
    throw ConfigError(
        "config.json is not in canonical form, or was made with other revisions of algorithm, "
        "model or data set; use the lockstep-train of the version that planned the run");
  }
  return std::move(resolution.config);
}

}  // namespace lockstep
