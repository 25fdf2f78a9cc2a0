#include <fmt/format.h>

#include <algorithm>

#include "sweeps/run/legality.hpp"
#include "sweeps/run/run_config.hpp"

namespace lockstep {

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

}  // namespace lockstep
