// The quick reader of plans: in parts of any size it gives the runs that were planned, and what is
// not laid out as lockstep lays out plans it leaves to the careful reader.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "orchestrator/schedule/plan_reader.hpp"
#include "sweeps/spec/sweep_spec.hpp"

using namespace lockstep;

namespace {
const Tables& tables() {
  static const Tables kTables = Tables::builtin();
  return kTables;
}

/// Texts, lists, flags and numbers of every kind.
Plan a_plan() {
  const SpecResult result = read_spec(tables(),
                                      "lockstep: 1\nstudy: parts\nquestion: '\"runs\": [ { }'\n"
                                      "base: {dataset: synthetic, model: mlp, steps: 20}\n"
                                      "grid: {seed: [1, 3], lr: [1, 1e-5], nesterov: [true, false]}"
                                      "\nvariants:\n  - {algorithm: slowmo, H: 2, slow_lr: 0.125}\n"
                                      "  - {algorithm: sync_sgd, lr_schedule: step, "
                                      "lr_milestones: [1e-3, 0.25]}\n");
  REQUIRE(result.ok());
  return result.plan;
}

std::string text_of(const Plan& plan) { return to_json(plan).dump(1) + "\n"; }

/// The whole text, `size` bytes at a time; parts without a run are left out.
std::vector<PlanPart> parts_of(const std::string& text, std::size_t size) {
  std::vector<PlanPart> parts;
  for (std::size_t offset = 0; offset < text.size(); offset += size) {
    PlanPart part = read_part(tables(), std::string_view(text).substr(offset), offset, size);
    if (!part.runs.empty()) parts.push_back(std::move(part));
  }
  return parts;
}

void check_refused(const std::string& text) {
  CHECK_THROWS_AS(read_part(tables(), text, 0, text.size()), NotPlain);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}
}  // namespace

TEST_CASE("parts of a plan, whatever their size, are its runs with their labels") {
  const Plan plan = a_plan();
  const std::string text = text_of(plan);
  const auto labels = labels_of(plan.runs);
  for (const std::size_t size :
       {text.size(), std::size_t{523}, std::size_t{700}, std::size_t{2000}}) {
    const auto parts = parts_of(text, size);
    REQUIRE(!parts.empty());
    ShownParameters shown;
    for (const PlanPart& part : parts) shown.add(part.settings);
    std::size_t i = 0;
    for (std::size_t k = 0; k < parts.size(); ++k) {
      CHECK(parts[k].is_first == (k == 0));
      CHECK(parts[k].is_last == (k + 1 == parts.size()));
      if (k > 0) CHECK(parts[k].begin == parts[k - 1].end);
      const auto names = labels_of(parts[k].settings, shown);
      REQUIRE(names.size() == parts[k].runs.size());
      for (std::size_t n = 0; n < names.size(); ++n, ++i) {
        CHECK(parts[k].runs[n].id == plan.runs.at(i).id.text());
        CHECK(parts[k].runs[n].cell == plan.runs[i].cell);
        CHECK(names[n] == labels[i]);
      }
    }
    CHECK(i == plan.runs.size());
  }
}

TEST_CASE("what is not laid out as lockstep lays out plans is left to the careful reader") {
  const Plan plan = a_plan();
  const std::string text = text_of(plan);
  const std::string id = plan.runs[0].id.text(), cell = plan.runs[0].cell;
  read_part(tables(), text, 0, text.size());  // does not throw
  check_refused(text.substr(0, text.size() - 1));
  check_refused(text.substr(0, text.size() / 2));
  check_refused(text + " ");
  check_refused(replaced(text, "\n ]\n}", "\n ],\n \"runs\": []\n}"));
  check_refused(replaced(text, id, std::string(32, '0')));
  check_refused(replaced(text, id, id.substr(0, 8)));
  check_refused(replaced(text, cell, "\\u0061"));
  check_refused(replaced(text, "\"workers\": ", "\"workers\":  \"\\u0031\", \"x\": "));
  const std::string compact = to_json(plan).dump();
  CHECK(read_part(tables(), compact, 0, compact.size()).runs.empty());
}
