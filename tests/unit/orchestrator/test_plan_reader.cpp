// The quick reader of plans: in parts of any size it gives the runs that were planned, and what is
// not laid out as lockstep lays out plans it leaves to the careful reader.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "orchestrator/schedule/plan_parts.hpp"
#include "orchestrator/schedule/run_labels.hpp"
#include "sweeps/run/run_id.hpp"
#include "sweeps/spec/sweep_spec.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;

namespace {
const Tables& tables() {
  static const Tables kTables = Tables::builtin();
  return kTables;
}

/// Texts, lists, flags and numbers of every kind; 30 kB.
Plan a_plan() {
  const SpecResult result =
      read_spec(tables(),
                "lockstep: 1\nstudy: parts\nquestion: '\"runs\": [ { }'\n"
                "base: {dataset: synthetic, model: mlp, steps: 20}\n"
                "grid: {seed: [1, 3, 5], lr: [1, 0.5, 1e-5], nesterov: [true, false]}\n"
                "variants:\n  - {algorithm: slowmo, H: 2, slow_lr: 0.125}\n"
                "  - {algorithm: sync_sgd, lr_schedule: step, lr_milestones: [1e-3, 0.25]}\n");
  REQUIRE(result.ok());
  return result.plan;
}

std::string text_of(const Plan& plan) { return to_json(plan).dump(1) + "\n"; }

struct PlanFile {
  test::TempDir temp;
  std::filesystem::path path = temp.path() / "plan.json";
  explicit PlanFile(const std::string& text) { std::ofstream(path) << text; }
};

void check_refused(const std::string& text) {
  const PlanFile file(text);
  CHECK_THROWS_AS(read_parts(tables(), {file.path}), NotPlain);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}

/// The text, in which the first run's configuration is `config`, with the id that fits.
std::string with_config(const Plan& plan, const std::string& config) {
  const std::string first = text_of(plan);
  const std::size_t begin = first.find("\"config\": {") + 10;
  const std::string old = first.substr(begin, first.find('}', begin) + 1 - begin);
  const std::string id = sha256_hex(nlohmann::json::parse(config).dump()).substr(0, 32);
  return replaced(replaced(first, old, config), plan.runs[0].id.text(), id);
}
}  // namespace

TEST_CASE("parts of plans, whatever their size, are their runs with their labels") {
  const Plan plan = a_plan();
  const PlanFile file(text_of(plan)), again(text_of(plan));
  const auto labels = labels_of(plan.runs);
  const std::vector<std::filesystem::path> plans{file.path, again.path};
  std::size_t most = 0;
  for (std::size_t size = 1000; size < 20000; size += size < 3000 ? 7 : 501) {
    const auto parts = read_parts(tables(), plans, size);
    most = std::max(most, parts.size());
    ShownParameters shown;
    for (const PlanPart& part : parts) shown.add(part.settings);
    std::size_t i = 0;
    for (const PlanPart& part : parts) {
      const auto names = labels_of(part.settings, shown);
      REQUIRE(names.size() == part.runs.size());
      for (std::size_t k = 0; k < names.size(); ++k, ++i) {
        const PlannedRun& run = plan.runs[i % plan.runs.size()];
        if (part.runs[k].id != run.id.text() || part.runs[k].cell != run.cell ||
            names[k] != labels[i % plan.runs.size()])
          FAIL("run " << i << " in parts of " << size << ": " << names[k]);
      }
    }
    CHECK(i == 2 * plan.runs.size());
  }
  CHECK(most > 10);
}

TEST_CASE("what is not laid out as lockstep lays out plans is left to the careful reader") {
  const Plan plan = a_plan();
  const std::string text = text_of(plan);
  const std::string id = plan.runs[0].id.text(), cell = plan.runs[0].cell;
  const std::string config = nlohmann::json::parse(plan.runs[0].config.canonical_json()).dump();
  const PlanFile file(with_config(plan, config));
  CHECK(read_parts(tables(), {file.path}).at(0).runs.size() == plan.runs.size());
  check_refused("");
  check_refused(text.substr(0, text.size() - 1));
  check_refused(text.substr(0, text.size() / 2));
  check_refused(text + " ");
  check_refused(to_json(plan).dump());
  check_refused(replaced(text, "\n ]\n}", "\n ],\n \"runs\": []\n}"));
  check_refused(replaced(text, "\"format\": 1", "\"format\": 1,,"));
  check_refused(replaced(text, "\"study\": \"parts\"", "\"study\": \"p\xe4rts\""));
  check_refused(replaced(text, "\"question\"", "\"answer\""));
  check_refused(replaced(text, id, std::string(32, '0')));
  check_refused(replaced(text, id, id.substr(0, 8)));
  check_refused(replaced(text, cell, "\\u0061"));
  for (const char* value : {"\"a\\u0062\"", "[\"words\"]", "{}", "7"}) {
    INFO(value);
    nlohmann::json other = nlohmann::json::parse(config);
    other["model"] = nlohmann::json::parse(value);
    check_refused(with_config(plan, other.dump()));
  }
  check_refused(with_config(plan, "{}"));
}
