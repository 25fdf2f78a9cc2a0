// Values, their checks and the suggestions for slips.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "sweeps/run/run_config.hpp"
#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
constexpr double kInf = std::numeric_limits<double>::infinity();

std::string trouble(const Parameter& parameter, Value value) {
  const auto problems = check_value(tables(), parameter, value);
  return problems.empty() ? "" : problems[0].message;
}

bool legal(const Range& range, double number) {
  return trouble({.name = "x", .type = Type::real, .range = range}, number).empty();
}
}  // namespace

TEST_CASE("numbers are written shortest") {
  CHECK(shortest(0.1) == "0.1");
  CHECK(shortest(1.0) == "1");
  CHECK(shortest(1e-7) == "1e-07");
  CHECK(shortest(std::nan("")) == "NaN");
  CHECK(shortest(-kInf) == "-Infinity");
  CHECK(to_text(Value(std::vector<double>{0.5, 0.75})) == "[0.5, 0.75]");
  CHECK(to_text(Value(std::vector<double>{})) == "[]");
  CHECK(to_text(Value(true)) == "true");
  CHECK(to_text(Value(std::int64_t{-3})) == "-3");
}

TEST_CASE("ends of ranges") {
  CHECK(legal({0, 1}, 0));
  CHECK(legal({0, 1}, 1));
  CHECK_FALSE(legal({0, 1, true, false}, 0));
  CHECK_FALSE(legal({0, 1, false, true}, 1));
  CHECK(legal({0, 1, true, true}, std::nextafter(0, 1)));
  CHECK_FALSE(legal({}, kInf));
  CHECK_FALSE(legal({}, std::nan("")));
  CHECK(legal({}, -1e308));
}

TEST_CASE("messages name the range") {
  const Parameter open{.name = "x", .type = Type::real, .range = {0, 1, true, true}};
  CHECK(trouble(open, 2.0) == "x must be above 0 and below 1, found 2");
  const Parameter half{.name = "x", .type = Type::integer, .range = {1, kInf}};
  CHECK(trouble(half, std::int64_t{0}) == "x must be at least 1, found 0");
  const Parameter list{.name = "x", .type = Type::real_list, .range = {0, 1}};
  CHECK(trouble(list, std::vector<double>{0.5, 3}) ==
        "x must be at least 0 and at most 1, found 3");
}

TEST_CASE("types: an integer stands for a real, nothing else for anything else") {
  const Value one_of_each[] = {true, std::int64_t{1}, 1.0, std::string("none"),
                               std::vector<double>{0.5}};
  for (std::size_t type = 0; type < 5; ++type) {
    const Parameter parameter{.name = "x", .type = static_cast<Type>(type), .choices = {"none"}};
    for (std::size_t given = 0; given < 5; ++given) {
      INFO(type << " given " << given);
      const bool stands_for = type == 2 && given == 1;
      CHECK(trouble(parameter, one_of_each[given]).empty() == (type == given || stands_for));
    }
  }
}

TEST_CASE("one number has one spelling") {
  const Parameter real{.name = "x", .type = Type::real};
  Value value = std::int64_t{2};
  CHECK(check_value(tables(), real, value).empty());
  CHECK(value == Value(2.0));
  value = -0.0;
  CHECK(check_value(tables(), real, value).empty());
  CHECK_FALSE(std::signbit(std::get<double>(value)));
  const Parameter list{.name = "x", .type = Type::real_list};
  value = std::vector<double>{-0.0};
  CHECK(check_value(tables(), list, value).empty());
  CHECK_FALSE(std::signbit(std::get<std::vector<double>>(value)[0]));
}

TEST_CASE("choices and rows") {
  Value value = std::string("cosin");
  auto problems = check_value(tables(), *tables().parameter("lr_schedule"), value);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].hint == "did you mean 'cosine'?");
  value = std::string("bert");
  problems = check_value(tables(), *tables().parameter("model"), value);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].hint.starts_with("one of: mlp, cnn"));
}

TEST_CASE("slips are found, strangers are not") {
  const std::vector<std::string> names = {"lr", "batch_per_worker", "momentum", "slow_momentum",
                                          "workers"};
  CHECK(nearest("batch_per_workr", names) == "batch_per_worker");
  CHECK(nearest("batch", names) == "batch_per_worker");
  CHECK(nearest("momentmu", names) == "momentum");
  CHECK(nearest("wrokers", names) == "workers");
  CHECK(nearest("slow_momentun", names) == "slow_momentum");
  CHECK_FALSE(nearest("temperature", names));
  CHECK_FALSE(nearest("", names));
}
