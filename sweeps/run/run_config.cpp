#include "sweeps/run/run_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sweeps/run/legality.hpp"

namespace lockstep {

namespace {
std::string bound(double number) { return shortest(number); }

std::string range_text(const Range& range) {
  const bool low = std::isfinite(range.low);
  const bool high = std::isfinite(range.high);
  const std::string low_text = (range.low_open ? "above " : "at least ") + bound(range.low);
  const std::string high_text = (range.high_open ? "below " : "at most ") + bound(range.high);
  if (low && high) return low_text + " and " + high_text;
  return low ? low_text : high ? high_text : "finite";
}

bool in_range(const Range& range, double number) {
  const bool above = range.low_open ? number > range.low : number >= range.low;
  const bool below = range.high_open ? number < range.high : number <= range.high;
  return std::isfinite(number) && above && below;
}

bool holds_type(Type type, const Value& value) {
  switch (type) {
    case Type::boolean:
      return std::holds_alternative<bool>(value);
    case Type::integer:
      return std::holds_alternative<std::int64_t>(value);
    case Type::real:
      return std::holds_alternative<double>(value);
    case Type::text:
      return std::holds_alternative<std::string>(value);
    case Type::real_list:
      return std::holds_alternative<std::vector<double>>(value);
  }
  return false;
}

/// An integer stands for a real, and -0 for 0, so that one number has one spelling.
void coerce(Type type, Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value); whole && type == Type::real) {
    value = static_cast<double>(*whole);
  }
  if (auto* number = std::get_if<double>(&value)) *number += 0.0;
  if (auto* numbers = std::get_if<std::vector<double>>(&value)) {
    for (double& number : *numbers) number += 0.0;
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// The bytes that nlohmann's dump() gives for the same value, without building one: ids of thousands
// of runs are computed while a user waits. A test holds both equal.
void append_text(std::string& json, const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
  json += plain ? '"' + text + '"' : nlohmann::json(text).dump();
}

void append(std::string& json, bool flag) { json += flag ? "true" : "false"; }
void append(std::string& json, std::int64_t number) { json += std::to_string(number); }
void append(std::string& json, const std::string& text) { append_text(json, text); }

void append(std::string& json, double number) {
  if (!std::isfinite(number)) {
    json += "null";
    return;
  }
  char buffer[64];
  json.append(buffer, nlohmann::detail::to_chars(buffer, buffer + sizeof buffer, number));
}

void append(std::string& json, const std::vector<double>& numbers) {
  json += '[';
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) json += ',';
    append(json, numbers[i]);
  }
  json += ']';
}

constexpr const char* kRevisionKeys[] = {"algorithm_revision", "dataset_revision",
                                         "model_revision"};
}  // namespace

bool RunConfig::has(std::string_view name) const { return values_.count(std::string(name)) > 0; }

const Value& RunConfig::value(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  if (found == values_.end())
    throw std::logic_error(fmt::format("the run does not use '{}'", name));
  return found->second;
}

std::int64_t RunConfig::integer(std::string_view name) const {
  return std::get<std::int64_t>(value(name));
}
double RunConfig::real(std::string_view name) const { return std::get<double>(value(name)); }
bool RunConfig::flag(std::string_view name) const {
  return has(name) && std::get<bool>(value(name));
}
const std::string& RunConfig::text(std::string_view name) const {
  return std::get<std::string>(value(name));
}
const std::vector<double>& RunConfig::reals(std::string_view name) const {
  return std::get<std::vector<double>>(value(name));
}

RunConfig RunConfig::without(std::string_view name) const {
  RunConfig rest = *this;
  rest.values_.erase(std::string(name));
  return rest;
}

nlohmann::json to_json(const Value& value) {
  return std::visit([](const auto& v) { return nlohmann::json(v); }, value);
}

std::string RunConfig::canonical_json() const { return canonical_json_without({}); }

std::string RunConfig::canonical_json_without(const std::vector<std::string>& names) const {
  const auto holds = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  std::string json = "{";
  json.reserve(512);
  for (const auto& [name, value] : values_) {
    if (holds(left_out_, name) || holds(names, name)) continue;
    if (json.size() > 1) json += ',';
    append_text(json, name);
    json += ':';
    std::visit([&](const auto& v) { append(json, v); }, value);
  }
  return json + '}';
}

std::vector<Problem> check_value(const Tables& tables, const Parameter& parameter, Value& value) {
  const auto problem = [&](std::string message, std::string hint) {
    return std::vector<Problem>{{parameter.name, std::move(message), std::move(hint)}};
  };
  coerce(parameter.type, value);
  if (!holds_type(parameter.type, value)) {
    return problem(fmt::format("{} must be {}, found {}", parameter.name, type_noun(parameter.type),
                               to_text(value)),
                   "");
  }
  const auto out_of_range = [&](double number) {
    return problem(fmt::format("{} must be {}, found {}", parameter.name,
                               range_text(parameter.range), shortest(number)),
                   "");
  };
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    const auto number = static_cast<double>(*whole);
    if (!in_range(parameter.range, number)) return out_of_range(number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    if (!in_range(parameter.range, *real)) return out_of_range(*real);
  } else if (const auto* list = std::get_if<std::vector<double>>(&value)) {
    for (const double number : *list) {
      if (!in_range(parameter.range, number)) return out_of_range(number);
    }
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    const auto choices = tables.choices_of(parameter);
    if (std::find(choices.begin(), choices.end(), *text) == choices.end()) {
      const auto near = nearest(*text, choices);
      return problem(
          fmt::format("{} '{}' does not exist", parameter.name, *text),
          near ? fmt::format("did you mean '{}'?", *near) : "one of: " + joined(choices));
    }
  }
  return {};
}

/// The steps of resolve(), sharing the configuration under construction.
struct Resolver {
  const Tables& tables;
  const std::map<std::string, Value>& given;
  Resolution result{};

  std::map<std::string, Value>& values() { return result.config.values_; }

  void unknown_keys() {
    for (const auto& [name, value] : given) {
      if (!tables.parameter(name)) unknown_key(name);
    }
  }

  void unknown_key(const std::string& name) {
    std::vector<std::string> names;
    for (const Parameter& parameter : tables.parameters) names.push_back(parameter.name);
    const auto near = nearest(name, names);
    result.problems.push_back(
        {name, fmt::format("unknown parameter '{}'", name),
         near ? fmt::format("did you mean '{}'?", *near) : "`lockstep schema` has all parameters"});
  }

  /// algorithm, model, dataset: without them nobody knows which parameters there are.
  bool rows() {
    for (const char* name : {"algorithm", "model", "dataset"}) {
      const auto found = given.find(name);
      const Parameter& parameter = *tables.parameter(name);
      if (found == given.end()) {
        result.problems.push_back({name, fmt::format("{} is missing", name),
                                   "one of: " + joined(tables.choices_of(parameter))});
        continue;
      }
      take(parameter, found->second);
    }
    if (values().size() != 3) return false;
    values()["algorithm_revision"] = std::int64_t{algorithm().revision};
    values()["model_revision"] = std::int64_t{model().revision};
    values()["dataset_revision"] = std::int64_t{dataset().revision};
    return true;
  }

  const AlgorithmRow& algorithm() { return *tables.algorithm(result.config.text("algorithm")); }
  const ModelRow& model() { return *tables.model(result.config.text("model")); }
  const DatasetRow& dataset() { return *tables.dataset(result.config.text("dataset")); }

  void take(const Parameter& parameter, Value value) {
    auto problems = check_value(tables, parameter, value);
    if (problems.empty()) values()[parameter.name] = std::move(value);
    for (Problem& problem : problems) result.problems.push_back(std::move(problem));
  }

  bool asked_for(const Parameter& parameter) {
    if (parameter.scope == Scope::every_run) return true;
    const auto names_it = [&](const std::vector<std::string>& uses) {
      return std::find(uses.begin(), uses.end(), parameter.name) != uses.end();
    };
    return names_it(algorithm().uses) || names_it(model().uses) || names_it(dataset().uses);
  }

  /// Whether the condition holds. A condition on a parameter that is itself not used does not.
  bool condition_holds(const Parameter& parameter) {
    if (!parameter.when) return true;
    const auto other = values().find(parameter.when->parameter);
    if (other == values().end()) return false;
    const auto& wanted = parameter.when->values;
    const bool equal = std::find(wanted.begin(), wanted.end(), other->second) != wanted.end();
    return equal != parameter.when->negated;
  }

  /// Whether the condition is on a parameter that was given an illegal value: that has been told.
  bool condition_is_unknown(const Parameter& parameter) {
    return asked_for(parameter) && parameter.when && given.count(parameter.when->parameter) > 0 &&
           values().count(parameter.when->parameter) == 0;
  }

  std::string why_unused(const Parameter& parameter) {
    if (!asked_for(parameter)) {
      return fmt::format("{} is not used by algorithm {}, model {} or dataset {}", parameter.name,
                         result.config.text("algorithm"), result.config.text("model"),
                         result.config.text("dataset"));
    }
    const auto other = values().find(parameter.when->parameter);
    return fmt::format("{} is not used when {} is {}", parameter.name, parameter.when->parameter,
                       other == values().end() ? "not used" : to_text(other->second));
  }

  Value default_of(const Parameter& parameter) {
    for (const Override& other : algorithm().overrides) {
      if (other.parameter == parameter.name) return other.value;
    }
    return *parameter.initial;
  }

  void one_parameter(const Parameter& parameter) {
    const auto found = given.find(parameter.name);
    const bool is_given = found != given.end();
    const bool used = asked_for(parameter) && condition_holds(parameter);
    if (!used) {
      if (is_given && !condition_is_unknown(parameter)) {
        result.problems.push_back(
            {parameter.name, why_unused(parameter), "move it to the variants that use it"});
      }
      return;
    }
    if (is_given) {
      take(parameter, found->second);
    } else if (parameter.initial) {
      values()[parameter.name] = default_of(parameter);
    } else if (parameter.instead_of.empty()) {
      result.problems.push_back(
          {parameter.name, fmt::format("{} is missing", parameter.name), "it has no default"});
    }
    if (parameter.since > 1 && parameter.initial && values().count(parameter.name) &&
        values()[parameter.name] == default_of(parameter)) {
      result.config.left_out_.push_back(parameter.name);
    }
  }

  void alternatives() {
    for (const Parameter& parameter : tables.parameters) {
      if (parameter.instead_of.empty() || parameter.name > parameter.instead_of)
        continue;  // each pair once
      const bool one = given.count(parameter.name) > 0;
      const bool other = given.count(parameter.instead_of) > 0;
      if (one != other) continue;
      result.problems.push_back(
          {one ? parameter.instead_of : parameter.name,
           one ? fmt::format("{} and {} exclude each other", parameter.name, parameter.instead_of)
               : fmt::format("{} is missing", parameter.name),
           fmt::format("give either {} or {}", parameter.name, parameter.instead_of)});
    }
  }
};

Resolution resolve(const Tables& tables, const std::map<std::string, Value>& given) {
  Resolver resolver{tables, given};
  resolver.unknown_keys();
  if (!resolver.rows()) return std::move(resolver.result);
  for (const Parameter& parameter : tables.parameters) {
    const bool is_row =
        parameter.name == "algorithm" || parameter.name == "model" || parameter.name == "dataset";
    if (!is_row) resolver.one_parameter(parameter);
  }
  resolver.alternatives();
  if (resolver.result.problems.empty()) {
    resolver.result.problems = composition_problems(tables, resolver.result.config);
  }
  return std::move(resolver.result);
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
  if (!json.is_object())
    throw ConfigError("config.json is not a JSON object; was it edited or cut off?");
  std::map<std::string, Value> given;
  for (const auto& [name, item] : json.items()) {
    if (std::find(std::begin(kRevisionKeys), std::end(kRevisionKeys), name) !=
        std::end(kRevisionKeys))
      continue;
    const Parameter* parameter = tables.parameter(name);
    if (!parameter) throw ConfigError(fmt::format("config.json: unknown parameter '{}'", name));
    auto value = value_from_json(*parameter, item);
    if (auto* message = std::get_if<std::string>(&value))
      throw ConfigError("config.json: " + *message);
    given[name] = std::get<Value>(std::move(value));
  }
  Resolution resolution = resolve(tables, given);
  if (!resolution.problems.empty())
    throw ConfigError("config.json: " + resolution.problems.front().message);
  if (resolution.config.canonical_json() != text) {
    throw ConfigError(
        "config.json is not in canonical form, or was made with other revisions of algorithm, "
        "model or data set; "
        "use the lockstep-train of the version that planned the run");
  }
  return std::move(resolution.config);
}

}  // namespace lockstep
