// What `report` asks of its axes: stragglers of the simulated clock, the sum that is time, a price.
#include <fmt/format.h>

#include <algorithm>

#include "sweeps/spec/sections.hpp"

namespace lockstep::spec {

namespace {
/// A legal example of each model, for hints.
std::string example_of(const StragglerModel& row) {
  switch (row.model) {
    case StragglerSpec::Model::none:
      return "{model: none} stands alone";
    case StragglerSpec::Model::exponential:
      break;
    case StragglerSpec::Model::lognormal:
      return "for example {model: lognormal, mean_excess: 0.1, sigma: 1}";
    case StragglerSpec::Model::trace:
      return "for example {model: trace, excess: [0, 0.02, 0.5]}";
    case StragglerSpec::Model::slow_worker:
      return "for example {model: slow_worker, factor: 1.5}";
  }
  return "for example {model: exponential, mean_excess: 0.1}";
}

const Parameter& row_of(const std::string& name) {
  const auto& rows = straggler_rows();
  return *std::find_if(rows.begin(), rows.end(),
                       [&](const Parameter& row) { return row.name == name; });
}

const StragglerModel* read_model(const Node& node, Findings& findings) {
  const auto name = read_text(node, "the model of stragglers", findings);
  if (!name) return nullptr;
  std::vector<std::string> names;
  for (const StragglerModel& row : straggler_models()) {
    if (row.name == *name) return &row;
    names.push_back(row.name);
  }
  findings.error(node.place, fmt::format("unknown model {}", quoted(*name)),
                 did_you_mean(*name, names));
  return nullptr;
}

/// Recorded excesses, each told of at its own place; empty where something is wrong.
std::vector<double> read_trace(const Tables& tables, const Node& node, Findings& findings) {
  if (!expect_list(node, "excess", findings)) return {};
  if (node.items.size() > kLongestTrace) {
    findings.error(
        node.place,
        fmt::format("a trace has at most {} excesses, found {}", kLongestTrace, node.items.size()),
        "keep every second one, or every tenth: the order does not matter");
    return {};
  }
  std::vector<double> excess;
  Parameter one = row_of("excess");
  one.name = "a member of excess";
  for (const Node& item : node.items) {
    if (const auto value = read_value(tables, one, item, findings))
      excess.push_back(std::get<double>(*value));
  }
  if (excess.size() < node.items.size()) return {};
  if (std::all_of(excess.begin(), excess.end(), [](double value) { return value == 0; })) {
    findings.error(node.place, "a trace of zeros is no stragglers", "write {model: none}");
    return {};
  }
  return excess;
}

void read_member(const Tables& tables, const std::string& name, const Node& node,
                 StragglerSpec& stragglers, Findings& findings) {
  if (name == "excess") {
    stragglers.excess = read_trace(tables, node, findings);
  } else if (const auto value = read_value(tables, row_of(name), node, findings)) {
    const double number = std::get<double>(*value);
    (name == "sigma"    ? stragglers.sigma
     : name == "factor" ? stragglers.factor
                        : stragglers.mean_excess) = number;
  }
}
}  // namespace

StragglerSpec read_stragglers(const Tables& tables, const Node& node, Findings& findings) {
  std::vector<std::string> known{"model"};
  for (const Parameter& row : straggler_rows()) known.push_back(row.name);
  if (!expect_map(node, "stragglers", known, findings)) return {};
  const Node* model = node.find("model");
  if (!model) {
    findings.error(node.place, "stragglers need a model",
                   "for example {model: exponential, mean_excess: 0.1}");
    return {};
  }
  const StragglerModel* row = read_model(*model, findings);
  if (!row) return {};
  StragglerSpec stragglers{.model = row->model};
  for (const Parameter& member : straggler_rows()) {
    const Node* given = node.find(member.name);
    const auto& needed = row->members;
    const bool is_needed = std::find(needed.begin(), needed.end(), member.name) != needed.end();
    if (is_needed && given) {
      read_member(tables, member.name, *given, stragglers, findings);
    } else if (is_needed) {
      findings.error(node.place, fmt::format("{} stragglers need {}", row->name, member.name),
                     example_of(*row));
    } else if (given) {
      findings.error(given->key_place,
                     row->members.empty()
                         ? fmt::format("no stragglers, so no {}", member.name)
                         : fmt::format("{} stragglers have no {}", row->name, member.name),
                     example_of(*row));
    }
  }
  return stragglers;
}

TimeSum read_time_sum(const Node& node, Findings& findings) {
  const auto name = read_text(node, "time", findings);
  if (!name) return TimeSum::productive;
  const auto& names = time_sum_names();
  const auto found = std::find(names.begin(), names.end(), *name);
  if (found != names.end()) return static_cast<TimeSum>(found - names.begin());
  findings.error(node.place, fmt::format("unknown time {}", quoted(*name)),
                 did_you_mean(*name, names));
  return TimeSum::productive;
}

std::optional<PriceSpec> read_price(const Tables& tables, const Node& node, Findings& findings) {
  std::vector<std::string> known;
  for (const Parameter& row : price_rows()) known.push_back(row.name);
  if (!expect_map(node, "price", known, findings)) return {};
  std::vector<Value> values;
  for (const Parameter& row : price_rows()) {
    const Node* given = node.find(row.name);
    if (!given) {
      findings.error(node.place, fmt::format("a price needs {}", row.name),
                     "for example {per_device_hour: 2.5, currency: EUR}");
    } else if (auto value = read_value(tables, row, *given, findings)) {
      values.push_back(*std::move(value));
    }
  }
  if (values.size() < price_rows().size()) return {};
  return PriceSpec{std::get<double>(values[0]), std::get<std::string>(values[1])};
}

const std::vector<Parameter>& straggler_rows() {
  static const std::vector<Parameter> rows = {
      {.name = "mean_excess",
       .type = Type::real,
       .unit = "local steps",
       .range = {.low = 0, .high = 100, .low_open = true},
       .doc = "Mean of what every step of every worker takes longer."},
      {.name = "sigma",
       .type = Type::real,
       .range = {.low = 0, .high = 2, .low_open = true},
       .doc = "Standard deviation of the logarithm of a lognormal excess."},
      {.name = "excess",
       .type = Type::real,
       .unit = "local steps",
       .range = {.low = 0, .high = 1000},
       .doc = "What recorded steps took longer; each is equally likely for every step."},
      {.name = "factor",
       .type = Type::real,
       .range = {.low = 1, .high = 100, .low_open = true},
       .doc = "How many times as long every step of one of the workers takes."},
  };
  return rows;
}

const std::vector<Parameter>& price_rows() {
  static const std::vector<Parameter> rows = {
      {.name = "per_device_hour",
       .type = Type::real,
       .unit = "currency units",
       .range = {.low = 0, .high = 1e6, .low_open = true},
       .doc = "What one device costs for an hour; a run has as many as workers."},
      {.name = "currency",
       .type = Type::text,
       .pattern = Pattern{"[A-Za-z]{1,8}", "1 to 8 letters"},
       .doc = "Of the price, as reports write it."},
  };
  return rows;
}

}  // namespace lockstep::spec
