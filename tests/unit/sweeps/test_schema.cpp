// The JSON Schema for editors.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/golden.hpp"
#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("the schema of the language") {
  check_golden("sweeps/schema.json", spec_schema(tables()).dump(1) + "\n");
}

TEST_CASE("the schema knows every parameter, with its documentation") {
  const auto schema = spec_schema(tables());
  for (const Parameter& parameter : tables().parameters) {
    INFO(parameter.name);
    const auto& entry = schema["$defs"]["parameters"][parameter.name];
    CHECK(entry["description"].get<std::string>().starts_with(parameter.doc));
    CHECK(entry.contains("default") == parameter.initial.has_value());
    for (const char* place : {"settings", "axes", "variant"}) {
      CHECK(schema["$defs"][place]["properties"].contains(parameter.name));
    }
  }
}

TEST_CASE("a row of one's own is in the schema and in the language") {
  Tables own = tables();
  own.parameters.push_back({.name = "jitter",
                            .type = Type::real,
                            .initial = 0.0,
                            .range = {0, 1},
                            .scope = Scope::rows_that_use_it,
                            .since = 2,
                            .doc = "Test."});
  own.algorithms.push_back(
      {.name = "own_sgd", .parts = own.algorithms[0].parts, .uses = {"jitter"}});
  const auto schema = spec_schema(own);
  const auto& names = schema["$defs"]["parameters"]["algorithm"]["enum"];
  CHECK(names.back() == "own_sgd");
  CHECK(schema["$defs"]["parameters"]["jitter"]["maximum"] == 1.0);
  const auto result =
      read_spec(own,
                "lockstep: 1\nstudy: t\n"
                "base: {algorithm: own_sgd, model: mlp, dataset: synthetic, epochs: 1}\n"
                "grid: {jitter: [0, 0.5]}\n");
  CHECK(result.ok());
  CHECK(result.plan.runs.size() == 2);
}

TEST_CASE("all references of the schema lead somewhere") {
  const auto schema = spec_schema(tables());
  const auto flat = schema.flatten();
  for (const auto& [path, value] : flat.items()) {
    if (!path.ends_with("/$ref")) continue;
    const auto target = value.get<std::string>();
    INFO(path << " -> " << target);
    REQUIRE(target.starts_with("#/"));
    CHECK(schema.contains(nlohmann::ordered_json::json_pointer(target.substr(1))));
  }
}
