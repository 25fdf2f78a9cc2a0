// The JSON Schema of the language, for editors. It says less than read_spec() checks: what depends
// on several values (compositions, unused parameters, equal lengths in zip) is beyond it.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sweeps/spec/sections.hpp"
#include "sweeps/spec/sweep_spec.hpp"

namespace lockstep {

namespace {
using Json = nlohmann::ordered_json;
using namespace spec;

Json value_json(const Value& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

Json reference(const std::string& definition) { return {{"$ref", "#/$defs/" + definition}}; }

Json map_of(Json properties) {
  return {
      {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
}

Json list_of(Json items) {
  return {{"type", "array"}, {"minItems", 1}, {"items", std::move(items)}};
}

void add_range(Json& schema, const Range& range, bool integer) {
  const auto bound = [&](double number) {
    return integer ? Json(static_cast<std::int64_t>(number)) : Json(number);
  };
  if (std::isfinite(range.low)) {
    schema[range.low_open ? "exclusiveMinimum" : "minimum"] = bound(range.low);
  }
  if (std::isfinite(range.high)) {
    schema[range.high_open ? "exclusiveMaximum" : "maximum"] = bound(range.high);
  }
}

Json typed_json(const Tables& tables, const Parameter& parameter) {
  Json schema;
  switch (parameter.type) {
    case Type::boolean:
      schema["type"] = "boolean";
      break;
    case Type::integer:
      schema["type"] = "integer";
      add_range(schema, parameter.range, true);
      break;
    case Type::real:
      schema["type"] = "number";
      add_range(schema, parameter.range, false);
      break;
    case Type::text:
      schema["type"] = "string";
      if (parameter.pattern) {
        schema["pattern"] = "^(?:" + parameter.pattern->regex + ")$";
      } else {
        schema["enum"] = tables.choices_of(parameter);
      }
      break;
    case Type::real_list: {
      Json item = {{"type", "number"}};
      add_range(item, parameter.range, false);
      schema = list_of(std::move(item));
      break;
    }
  }
  return schema;
}

Json parameter_json(const Tables& tables, const Parameter& parameter) {
  Json schema = typed_json(tables, parameter);
  if (parameter.initial) schema["default"] = value_json(*parameter.initial);
  const std::string unit = parameter.unit.empty() ? "" : " [" + parameter.unit + "]";
  schema["description"] = parameter.doc + unit;
  return schema;
}

/// [a, b] with members of their own kinds.
Json tuple_of(std::vector<Json> members) {
  const std::size_t count = members.size();
  return {{"type", "array"},
          {"prefixItems", std::move(members)},
          {"items", false},
          {"minItems", count}};
}

Json generator_json() {
  const Json number = {{"type", "number"}};
  const Json count = {{"type", "integer"}, {"minimum", 2}};
  const Json one = {{"minProperties", 1}, {"maxProperties", 1}};
  const Json bounds = tuple_of({number, number});
  Json distribution = map_of({{"uniform", bounds}, {"loguniform", bounds}});
  distribution.update(one);
  Json spaced = map_of({{"range", tuple_of({number, number, number})},
                        {"linspace", tuple_of({number, number, count})},
                        {"logspace", tuple_of({number, number, count})}});
  spaced.update(one);
  spaced["description"] =
      "Both ends included; range takes [first, last, step], the others [first, last, count].";
  Json random = map_of({{"random", distribution},
                        {"count", {{"type", "integer"}, {"minimum", 1}}},
                        {"seed", {{"type", "integer"}, {"minimum", 0}}}});
  random["required"] = {"random", "count", "seed"};
  return {{"oneOf", {spaced, random}}};
}

/// The values of one parameter in a grid: a list, and for numbers a generator too.
Json axis_json(const Parameter& parameter) {
  const Json list = list_of(reference("parameters/" + parameter.name));
  const bool generates = parameter.type == Type::integer || parameter.type == Type::real;
  return generates ? Json{{"anyOf", {list, reference("generator")}}} : list;
}

Json definitions(const Tables& tables) {
  Json parameters = Json::object();
  Json settings = Json::object();
  Json axes = Json::object();
  for (const Parameter& parameter : tables.parameters) {
    parameters[parameter.name] = parameter_json(tables, parameter);
    settings[parameter.name] = reference("parameters/" + parameter.name);
    axes[parameter.name] = axis_json(parameter);
  }
  Json variant = settings;
  variant["grid"] = reference("axes");
  variant["zip"] = reference("axes");
  Json definitions = {{"parameters", std::move(parameters)},
                      {"generator", generator_json()},
                      {"settings", map_of(std::move(settings))},
                      {"axes", map_of(std::move(axes))},
                      {"variant", map_of(std::move(variant))}};
  for (const char* name : {"settings", "axes", "variant"}) definitions[name]["minProperties"] = 1;
  return definitions;
}

/// One object per model, with its members and no others.
Json stragglers_json(const Tables& tables) {
  Json models = Json::array();
  for (const StragglerModel& model : straggler_models()) {
    Json properties{{"model", {{"const", model.name}}}};
    for (const Parameter& row : straggler_rows()) {
      const auto& members = model.members;
      if (std::find(members.begin(), members.end(), row.name) == members.end()) continue;
      Json member = parameter_json(tables, row);
      if (row.name == "excess") {
        member = list_of(std::move(member));
        member["maxItems"] = kLongestTrace;
      }
      properties[row.name] = std::move(member);
    }
    Json object = map_of(std::move(properties));
    object["required"] = {"model"};
    for (const std::string& member : model.members) object["required"].push_back(member);
    models.push_back(std::move(object));
  }
  return {{"description", "What the simulated clock adds to steps."}, {"oneOf", std::move(models)}};
}

Json report_json(const Tables& tables) {
  std::vector<std::string> selectable;
  for (const Parameter& parameter : tables.parameters) {
    if (parameter.name != "seed") selectable.push_back(parameter.name);
  }
  Json properties;
  properties["select"] = list_of({{"enum", selectable}});
  properties["select"]["description"] = "Parameters tuned on validation in each tuning group.";
  properties["targets"] =
      list_of({{"type", "number"}, {"exclusiveMinimum", 0}, {"exclusiveMaximum", 1}});
  properties["targets"]["description"] = "Validation accuracies for time to accuracy.";
  Json declared = map_of(
      {{"name",
        {{"type", "string"},
         {"pattern", std::string("^") + kNetworkPattern + "$"},
         {"description", "What the report calls it: not the name of a network of the table."}}}});
  for (const Parameter& row : declared_network_rows())
    declared["properties"][row.name] = parameter_json(tables, row);
  declared["required"] = {"name", "latency_us", "bandwidth_GB_s"};
  properties["networks"] =
      list_of({{"anyOf", {{{"enum", report_network_names()}}, std::move(declared)}}});
  properties["networks"]["description"] = "Networks that the frontier is drawn for.";
  for (auto& [name, list] : properties.items()) list["uniqueItems"] = true;
  properties["stragglers"] = stragglers_json(tables);
  properties["time"] = {{"enum", time_sum_names()},
                        {"default", time_sum_names().front()},
                        {"description", "The sum that is the time axis of the measured clock."}};
  Json price;
  for (const Parameter& row : price_rows()) price[row.name] = parameter_json(tables, row);
  properties["price"] = map_of(std::move(price));
  properties["price"]["required"] = {"per_device_hour", "currency"};
  properties["price"]["description"] =
      "Adds what runs cost, and a frontier of accuracy against it.";
  properties["compare_unequal"] = parameter_json(tables, compare_unequal_row());
  return map_of(std::move(properties));
}

Json launch_json(const Tables& tables) {
  Json local;
  for (const Parameter& row : local_launch_rows()) local[row.name] = parameter_json(tables, row);
  Json slurm;
  for (const LaunchText& text : slurm_launch_texts()) {
    slurm[text.name] = {{"type", {"string", "integer"}},
                        {"pattern", std::string("^(") + text.pattern + ")$"},
                        {"description", text.doc}};
  }
  for (const Parameter& row : slurm_launch_rows()) slurm[row.name] = parameter_json(tables, row);
  Json early_stop;
  for (const Parameter& row : early_stop_rows()) early_stop[row.name] = parameter_json(tables, row);
  early_stop = map_of(std::move(early_stop));
  early_stop["description"] =
      "Runs are stopped whose cell can be on no frontier any more; `lockstep resume` undoes it.";
  Json launch = map_of({{"local", map_of(std::move(local))},
                        {"slurm", map_of(std::move(slurm))},
                        {"early_stop", std::move(early_stop)}});
  launch["description"] = "How runs are launched: never part of their identity.";
  return launch;
}

Json described(Json schema, const char* description) {
  schema["description"] = description;
  return schema;
}
}  // namespace

Json spec_schema(const Tables& tables) {
  Json properties;
  properties["lockstep"] = {{"const", 1}, {"description", "Version of the language."}};
  properties["study"] = {{"type", "string"},
                         {"pattern", std::string("^") + kStudyPattern + "$"},
                         {"description", "Name of the study."}};
  properties["question"] = {{"type", "string"}, {"description", "What the study shall answer."}};
  properties["base"] = described(reference("settings"), "Values of every run.");
  properties["grid"] = described(reference("axes"), "Axes, multiplied with every variant.");
  properties["variants"] =
      described(list_of(reference("variant")), "Each is multiplied with the grid; its values win.");
  properties["include"] =
      described(list_of(reference("settings")), "Further runs over base, not multiplied.");
  properties["exclude"] = described(list_of(reference("settings")),
                                    "Runs that have all values of a member are left out.");
  properties["report"] = report_json(tables);
  properties["launch"] = launch_json(tables);
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "A Lockstep sweep spec"}};
  schema.update(map_of(std::move(properties)));
  schema["required"] = {"lockstep", "study"};
  schema["$defs"] = definitions(tables);
  return schema;
}

}  // namespace lockstep
