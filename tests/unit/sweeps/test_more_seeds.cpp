// Lists of seeds, and the runs that they add to a plan.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sweeps/run/seed_list.hpp"
#include "sweeps/spec/more_seeds.hpp"
#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using namespace lockstep::test;
using Seeds = std::vector<std::int64_t>;

namespace {
constexpr std::int64_t kLargest = 2147483647;

Seeds seeds(const std::string& text) {
  const auto read = parse_seed_list(text, kLargest);
  INFO(text);
  REQUIRE(std::holds_alternative<Seeds>(read));
  return std::get<Seeds>(read);
}

std::string problem(const std::string& text) {
  const auto read = parse_seed_list(text, kLargest);
  return std::holds_alternative<Seeds>(read) ? "" : std::get<std::string>(read);
}

Plan study(const std::string& list) {
  return plan(base() + "grid: {seed: [" + list +
              "]}\nvariants: [{lr: 0.1}, {lr: 0.2}, {lr: 0.4, nesterov: true}]\n");
}
}  // namespace

TEST_CASE("a list of seeds is read back as it was printed: every subset of ten in a row") {
  for (const std::int64_t offset : {std::int64_t{0}, kLargest - 9}) {
    for (unsigned bits = 1; bits < 1024; ++bits) {
      Seeds some;
      for (int i = 0; i < 10; ++i)
        if (bits >> i & 1u) some.push_back(offset + i);
      CHECK(seeds(seed_list(some)) == some);
    }
  }
}

TEST_CASE("lists of seeds: notations") {
  CHECK(seeds("4,5,7..9") == Seeds{4, 5, 7, 8, 9});
  CHECK(seeds(" 9 , 4 .. 5 ,4") == Seeds{4, 5, 9});
  CHECK(seeds("3..3") == Seeds{3});
  CHECK(seed_list({1, 2, 4, 5, 6}) == "1,2,4..6");
  CHECK(seed_list({}) == "");
  CHECK(seeds("1..10000").size() == kMostSeedsListed);
}

TEST_CASE("lists of seeds: mistakes") {
  for (const char* wrong : {"", ",", "4,", "4..", "..4", "4-6", "x", "1.5", "4...6", "1e3", "-1",
                            "2147483648", "99999999999999999999", "+4", "0x4"})
    CHECK(problem(wrong).find("write it like 4,5,7..9") != std::string::npos);
  CHECK(problem("9..4").find("write 4..9") != std::string::npos);
  CHECK(problem("1..10001") != "");
  CHECK(problem("0..2147483647") != "");
  CHECK(problem("1..9000,20000..22000") != "");
}

TEST_CASE("more seeds are the runs that the spec has with these seeds in it") {
  const Plan few = study("1, 2"), many = study("1, 2, 5, 7");
  const Plan more = at_seeds(tables(), few, {2, 5, 7}, {});
  CHECK(more.addition);
  CHECK(more.study == few.study);
  CHECK(more.runs.size() == 9);
  CHECK(ids(with_runs(few, more.runs)) == ids(many));
  CHECK(ids(with_runs(many, more.runs)) == ids(many));
  for (const PlannedRun& run : more.runs) {
    CHECK(run.cell == cell_of(run.config));
    CHECK(parse_config(tables(), run.config.canonical_json()) == run.config);
  }
  const std::string cell = few.runs.back().cell;
  for (const PlannedRun& run : at_seeds(tables(), few, {3, 4}, {cell}).runs)
    CHECK(run.cell == cell);
  CHECK(at_seeds(tables(), few, {3, 4}, {cell}).runs.size() == 2);
}

TEST_CASE("an addition says so in its file; other plans have the bytes that they had") {
  const Plan few = study("1, 2");
  CHECK_FALSE(to_json(few).contains("addition"));
  const Plan more = at_seeds(tables(), few, {3}, {});
  CHECK(to_json(more).at("addition") == true);
  Plan same = more;
  same.addition = false;
  CHECK(plan_hash(same) != plan_hash(more));
}
