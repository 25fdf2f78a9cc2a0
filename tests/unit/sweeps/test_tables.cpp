// The tables are consistent with themselves: what one row names, another defines.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "sweeps/run/run_config.hpp"
#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
template <typename Rows>
void check_rows(const Rows& rows) {
  std::set<std::string> names;
  for (const auto& row : rows) {
    INFO(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(row.revision >= 1);
    CHECK_FALSE(row.doc.empty());
    for (const std::string& used : row.uses) {
      INFO(used);
      REQUIRE(tables().parameter(used));
      CHECK(tables().parameter(used)->scope == Scope::rows_that_use_it);
    }
  }
}
}  // namespace

TEST_CASE("parameters") {
  std::set<std::string> names;
  for (const Parameter& parameter : tables().parameters) {
    INFO(parameter.name);
    CHECK(names.insert(parameter.name).second);
    CHECK_FALSE(parameter.doc.empty());
    CHECK(parameter.since >= 1);
    CHECK(parameter.range.low <= parameter.range.high);
    if (parameter.type == Type::text)
      CHECK(tables().choices_of(parameter).empty() == parameter.pattern.has_value());
    if (parameter.initial) {
      Value value = *parameter.initial;
      CHECK(check_value(tables(), parameter, value).empty());
      CHECK(value == *parameter.initial);
    }
    if (parameter.when) CHECK(tables().parameter(parameter.when->parameter));
    if (!parameter.instead_of.empty()) {
      REQUIRE(tables().parameter(parameter.instead_of));
      CHECK(tables().parameter(parameter.instead_of)->instead_of == parameter.name);
    }
  }
}

TEST_CASE("a condition is on a parameter that comes before") {
  // resolve() goes through the table once.
  std::set<std::string> before;
  for (const Parameter& parameter : tables().parameters) {
    INFO(parameter.name);
    if (parameter.when) CHECK(before.count(parameter.when->parameter) == 1);
    before.insert(parameter.name);
  }
}

TEST_CASE("every parameter of rows is used by one") {
  for (const Parameter& parameter : tables().parameters) {
    if (parameter.scope == Scope::every_run) continue;
    INFO(parameter.name);
    const auto used_by = [&](const auto& rows) {
      return std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
        return std::count(row.uses.begin(), row.uses.end(), parameter.name) > 0;
      });
    };
    CHECK((used_by(tables().algorithms) || used_by(tables().models) || used_by(tables().datasets)));
  }
}

TEST_CASE("rows name parameters that there are") {
  check_rows(tables().algorithms);
  check_rows(tables().models);
  check_rows(tables().datasets);
}

TEST_CASE("overrides are legal values of parameters that the algorithm uses") {
  for (const AlgorithmRow& row : tables().algorithms) {
    for (const Override& other : row.overrides) {
      INFO(row.name << " " << other.parameter);
      const Parameter* parameter = tables().parameter(other.parameter);
      REQUIRE(parameter);
      Value value = other.value;
      CHECK(check_value(tables(), *parameter, value).empty());
      CHECK((parameter->scope == Scope::every_run ||
             std::count(row.uses.begin(), row.uses.end(), other.parameter) > 0));
    }
  }
}

TEST_CASE("every combination of rows resolves by its defaults") {
  for (const AlgorithmRow& algorithm : tables().algorithms) {
    for (const ModelRow& model : tables().models) {
      for (const DatasetRow& dataset : tables().datasets) {
        INFO(algorithm.name << " " << model.name << " " << dataset.name);
        const auto problems = resolve(tables(), {{"algorithm", algorithm.name},
                                                 {"model", model.name},
                                                 {"dataset", dataset.name},
                                                 {"epochs", std::int64_t{1}}})
                                  .problems;
        CHECK(problems.empty());
      }
    }
  }
}

TEST_CASE("lookups of what is not there") {
  CHECK(tables().parameter("nothing") == nullptr);
  CHECK(tables().algorithm("") == nullptr);
  CHECK(tables().model("MLP") == nullptr);
  CHECK(tables().dataset("imagenet21k") == nullptr);
}
