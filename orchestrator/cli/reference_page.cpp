#include "orchestrator/cli/reference_page.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/markdown_table.hpp"
#include "orchestrator/cli/reference_sections.hpp"
#include "reports/text/escape.hpp"
#include "sweeps/run/value.hpp"
#include "sweeps/spec/sweep_spec.hpp"

namespace lockstep {

namespace {
constexpr const char* kHead =
    "# Reference\n\n"
    "Everything that a spec may say, made from the tables of this version by `lockstep reference` "
    "(`make reference`\nwrites this file; edits are lost). How a spec is put together: "
    "[README.md](README.md).\n";

std::string type_of(const Parameter& parameter) {
  switch (parameter.type) {
    case Type::boolean:
      return "boolean";
    case Type::integer:
      return "integer";
    case Type::real:
      return "number";
    case Type::text:
      return "word";
    case Type::real_list:
      return "list of numbers";
  }
  return "";
}

/// "at least 1", "above 0, below 1", "1 to 65536"
std::string range_of(const Range& range) {
  const bool low = std::isfinite(range.low), high = std::isfinite(range.high);
  if (low && high && !range.low_open && !range.high_open)
    return in_full(range.low) + " to " + in_full(range.high);
  std::string text;
  if (low) text = (range.low_open ? "above " : "at least ") + in_full(range.low);
  if (high) {
    text += std::string(text.empty() ? "" : ", ") + (range.high_open ? "below " : "at most ") +
            in_full(range.high);
  }
  return text;
}

bool names_rows(const Parameter& parameter) {
  return parameter.name == "algorithm" || parameter.name == "model" || parameter.name == "dataset";
}

std::string allowed(const Parameter& parameter) {
  if (names_rows(parameter)) return "a row below";
  if (parameter.type == Type::boolean) return code({"true", "false"});
  if (parameter.pattern) return escape_markdown(parameter.pattern->words);
  return parameter.choices.empty() ? range_of(parameter.range) : code(parameter.choices);
}

std::string default_of(const Parameter& parameter) {
  if (parameter.initial) return "`" + to_text(*parameter.initial) + "`";
  return parameter.instead_of.empty() ? "must be given" : "this or `" + parameter.instead_of + "`";
}

template <class Rows>
void add_users(const Rows& rows, const std::string& parameter, Words& users) {
  for (const auto& candidate : rows) {
    for (const std::string& used : candidate.uses) {
      if (used == parameter) users.push_back(candidate.name);
    }
  }
}

std::string used_by(const Tables& tables, const Parameter& parameter) {
  std::string text = "every run";
  if (parameter.scope == Scope::rows_that_use_it) {
    Words users;
    add_users(tables.algorithms, parameter.name, users);
    add_users(tables.models, parameter.name, users);
    add_users(tables.datasets, parameter.name, users);
    text = code(users);
  }
  if (!parameter.when) return text;
  Words values;
  for (const Value& value : parameter.when->values) values.push_back(to_text(value));
  return fmt::format("{}, where `{}` is {}{}", text, parameter.when->parameter,
                     parameter.when->negated ? "not " : "", code(values));
}

std::string parameters(const Tables& tables) {
  std::string text = table_head(
      "Parameters",
      "A parameter that a run does not use must not be given to it. A newer one (since 2, 3, "
      "...) stays out of the\nid of a run while it stands at its default.",
      {"name", "type", "default", "allowed", "used by", "what it is"});
  for (const Parameter& parameter : tables.parameters) {
    const std::string since = parameter.since > 1 ? fmt::format(" Since {}.", parameter.since) : "";
    const std::string unit =
        parameter.unit.empty() ? "" : fmt::format(", {}", escape_markdown(parameter.unit));
    text += table_row({"`" + parameter.name + "`", type_of(parameter) + unit, default_of(parameter),
                       allowed(parameter), used_by(tables, parameter),
                       escape_markdown(parameter.doc) + since});
  }
  return text;
}

std::string overrides_of(const AlgorithmRow& algorithm) {
  Words words;
  for (const Override& other : algorithm.overrides)
    words.push_back(other.parameter + ": " + to_text(other.value));
  return code(words);
}

std::string algorithms(const Tables& tables) {
  std::string text = table_head(
      "Algorithms", "`algorithm:` names one.",
      {"name", "parameters", "defaults that differ", "what it does", "paper", "revision"});
  for (const AlgorithmRow& algorithm : tables.algorithms) {
    text += table_row({"`" + algorithm.name + "`", code(algorithm.uses), overrides_of(algorithm),
                       escape_markdown(algorithm.doc), escape_markdown(algorithm.paper),
                       std::to_string(algorithm.revision)});
  }
  return text;
}

std::string models(const Tables& tables) {
  std::string text =
      table_head("Models", "`model:` names one.",
                 {"name", "parameters", "BatchNorm", "what it is", "paper", "revision"});
  for (const ModelRow& model : tables.models) {
    text += table_row({"`" + model.name + "`", code(model.uses), model.batch_norm ? "yes" : "no",
                       escape_markdown(model.doc), escape_markdown(model.paper),
                       std::to_string(model.revision)});
  }
  return text;
}

std::string datasets(const Tables& tables) {
  std::string text = table_head(
      "Data sets",
      "`dataset:` names one. Files are looked for in the data folder (`lockstep doctor`).",
      {"name", "parameters", "training", "test", "classes", "shape", "comes from", "what it is",
       "revision"});
  for (const DatasetRow& data : tables.datasets) {
    text += table_row({"`" + data.name + "`", code(data.uses), std::to_string(data.train_samples),
                       std::to_string(data.test_samples), std::to_string(data.classes),
                       fmt::format("{} x {} x {}", data.channels, data.height, data.width),
                       data.files.empty() ? "the program makes it" : escape_markdown(data.remedy),
                       escape_markdown(data.doc), std::to_string(data.revision)});
  }
  return text;
}

std::string network_rows(const std::vector<Network>& networks) {
  std::string text =
      table_head("Networks",
                 "`report: {networks: [...]}` names them; `measured` is the one of this machine "
                 "(`lockstep calibrate`). "
                 "One of your own: `{name: lab, latency_us: 5, bandwidth_GB_s: 12.5}`.",
                 {"name", "latency, us", "bandwidth, GB/s", "where the numbers come from"});
  for (const Network& network : networks) {
    text += table_row({"`" + network.name + "`", fmt::format("{:.6g}", network.latency_s * 1e6),
                       fmt::format("{:.6g}", network.bandwidth_bytes_s / 1e9),
                       escape_markdown(network.source)});
  }
  return text;
}
}  // namespace

std::string reference_page(const Tables& tables, const std::vector<Network>& networks) {
  return kHead + parameters(tables) + algorithms(tables) + models(tables) + datasets(tables) +
         network_rows(networks) + section_rows(spec_schema(tables));
}

}  // namespace lockstep
