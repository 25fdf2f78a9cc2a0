// What must hold for every spec: ids forget how it was written, plans have the size that arithmetic
// says.
#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
using Members = std::vector<std::pair<std::string, std::string>>;

template <typename T>
std::vector<T> shuffled(std::vector<T> items) {
  for (std::size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[*rc::gen::inRange<std::size_t>(0, i)]);
  }
  return items;
}

std::string map_of(const Members& members) {
  std::string text = "{";
  for (const auto& [key, value] : members)
    text += (text.size() > 1 ? ", " : "") + key + ": " + value;
  return text + "}";
}

std::string list_of(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() > 1 ? ", " : "") + item;
  return text + "]";
}

/// n/1000 written in one of several ways that mean the same number.
std::string notation(int thousandths) {
  const std::string digits = std::to_string(thousandths);
  const std::string decimal = shortest(thousandths / 1000.0);
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return decimal;
    case 1:
      return digits + "e-3";
    case 2:
      return digits + ".0E-03";
    case 3:
      return "+" + decimal;
    default:
      return digits + "00e-5";
  }
}

std::string text_of(const std::vector<std::string>& sections) {
  std::string text = "lockstep: 1\nstudy: t\n";
  for (const std::string& section : sections) text += section + "\n";
  return text;
}
}  // namespace

TEST_CASE("ids ignore the order of keys and axes and the notation of numbers") {
  fix_property_seed();
  CHECK(rc::check("ids", [] {
    const auto lrs = *rc::gen::unique<std::vector<int>>(rc::gen::inRange(1, 2000));
    RC_PRE(!lrs.empty() && lrs.size() < 6);
    const int momentum = *rc::gen::inRange(0, 1000);
    const auto write = [&] {
      std::vector<std::string> rates;
      for (const int lr : shuffled(lrs)) rates.push_back(notation(lr));
      const Members base =
          shuffled<std::pair<std::string, std::string>>({{"model", "mlp"},
                                                         {"dataset", "synthetic"},
                                                         {"epochs", "2"},
                                                         {"momentum", notation(momentum)}});
      const Members grid = shuffled<std::pair<std::string, std::string>>(
          {{"lr", list_of(rates)}, {"seed", list_of(shuffled<std::string>({"1", "2", "3"}))}});
      const auto variants = shuffled<std::string>(
          {"{algorithm: sync_sgd}", map_of(shuffled<std::pair<std::string, std::string>>(
                                        {{"algorithm", "local_sgd"}, {"H", "4"}}))});
      return text_of(shuffled<std::string>(
          {"base: " + map_of(base), "grid: " + map_of(grid), "variants: " + list_of(variants)}));
    };
    const std::string one = write(), other = write();
    const SpecResult a = parsed(one), b = parsed(other);
    RC_LOG() << one << other << render(a.diagnostics, "a", one)
             << render(b.diagnostics, "b", other);
    RC_ASSERT(a.ok() && b.ok());
    RC_ASSERT(a.plan.runs.size() == lrs.size() * 6);
    RC_ASSERT(ids(a.plan) == ids(b.plan));
  }));
}

TEST_CASE("a plan has as many runs as the product says, and all differ") {
  fix_property_seed();
  CHECK(rc::check("size", [] {
    const int seeds = *rc::gen::inRange(1, 5), rates = *rc::gen::inRange(2, 6),
              workers = *rc::gen::inRange(1, 4);
    const std::string text =
        text_of({"base: {algorithm: sync_sgd, model: mlp, dataset: synthetic, epochs: 1}",
                 "grid: {seed: {range: [1, " + std::to_string(seeds) +
                     ", 1]}, lr: {logspace: [0.01, 1, " + std::to_string(rates) +
                     "]}, workers: {range: [1, " + std::to_string(workers) + ", 1]}}"});
    const SpecResult result = parsed(text);
    RC_ASSERT(result.ok());
    RC_ASSERT(result.plan.runs.size() == static_cast<std::size_t>(seeds * rates * workers));
    const auto all = ids(result.plan);
    RC_ASSERT(std::set<std::string>(all.begin(), all.end()).size() == all.size());
  }));
}

TEST_CASE("canonical bytes come back as the same configuration") {
  fix_property_seed();
  CHECK(rc::check("round trip", [] {
    const auto& algorithms = tables().algorithms;
    const auto& models = tables().models;
    const auto& datasets = tables().datasets;
    std::map<std::string, Value> given = {
        {"algorithm", algorithms[*rc::gen::inRange<std::size_t>(0, algorithms.size())].name},
        {"model", models[*rc::gen::inRange<std::size_t>(0, models.size())].name},
        {"dataset", datasets[*rc::gen::inRange<std::size_t>(0, datasets.size())].name},
        {"steps", std::int64_t{*rc::gen::inRange(100000, 1000000)}},  // an epoch of any data set
        {"seed", std::int64_t{*rc::gen::inRange(0, 2147483647)}},
        {"lr", *rc::gen::inRange(1, 1'000'000'000) / 1e9 / 3},
        {"weight_decay", *rc::gen::inRange(0, 1000) * 1e-9 / 7}};
    const Resolution resolution = resolve(tables(), given);
    RC_ASSERT(resolution.problems.empty());
    const std::string bytes = resolution.config.canonical_json();
    RC_ASSERT(parse_config(tables(), bytes) == resolution.config);
    // The bytes are what any JSON library makes of them: sorted keys, shortest numbers.
    RC_ASSERT(nlohmann::json::parse(bytes).dump() == bytes);
  }));
}
