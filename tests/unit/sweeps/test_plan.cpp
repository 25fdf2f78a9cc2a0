// Plans as values and files, and the studies that we ship.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "sweeps/run/course.hpp"
#include "sweeps/run/run_id.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
std::vector<std::string> studies() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() / "sweeps/studies")) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Plan study(const std::string& name) {
  const std::string text = read_file("sweeps/studies/" + name + ".yaml");
  const SpecResult result = parsed(text);
  INFO(render(result.diagnostics, name, text));
  REQUIRE(result.diagnostics.empty());
  return result.plan;
}
}  // namespace

TEST_CASE("every study that we ship can be planned, without a warning") {
  CHECK(studies().size() >= 3);
  for (const std::string& name : studies()) {
    const Plan plan = study(name);
    INFO(name);
    CHECK(plan.study == name);
    CHECK_FALSE(plan.question.empty());
    CHECK_FALSE(plan.runs.empty());
    CHECK_FALSE(plan.report.networks.empty());
  }
}

TEST_CASE("the sizes of the studies") {
  CHECK(study("quickstart").runs.size() == 21);
  CHECK(study("smoke").runs.size() == 6);
  CHECK(study("clock").runs.size() == 10 * (1 + 5));
  CHECK(study("emulated-networks").runs.size() == 3 * 3 * (1 + 3));
  CHECK(study("local-sgd-at-scale").runs.size() == 105);
  CHECK(study("cifar10-resnet20").runs.size() == 3 * (2 + 10 + 3 + 6));
}

TEST_CASE("the synchronous run of the quickstart has the steps that its text promises") {
  const Plan plan = study("quickstart");
  const Course course = course_of(tables(), plan.runs.front().config);
  CHECK(course.validation_samples == 1200);
  CHECK(course.steps_per_epoch == 10800 / 256);
  CHECK(course.total_steps == 8 * 42);
}

TEST_CASE("cells are the runs that differ in nothing but the seed") {
  for (const std::string& name : studies()) {
    std::map<std::string, std::set<std::int64_t>> seeds;
    std::map<std::string, std::string> rest;
    for (const PlannedRun& run : study(name).runs) {
      CHECK(seeds[run.cell].insert(run.config.integer("seed")).second);
      const auto without = run.config.without("seed").canonical_json();
      CHECK(rest.emplace(run.cell, without).first->second == without);
    }
  }
}

TEST_CASE("what a study selects stays within its groups: one for each H and number of workers") {
  const Plan plan = study("local-sgd-at-scale");
  std::map<std::string, std::set<double>> tuned;
  for (const PlannedRun& run : plan.runs) {
    if (run.config.text("algorithm") != "slowmo") continue;
    tuned[tuning_group_of(tables(), run.config, plan.report.select)].insert(
        run.config.real("slow_momentum"));
  }
  CHECK(tuned.size() == 4);
  for (const auto& [group, values] : tuned) CHECK(values == std::set<double>{0.3, 0.5, 0.7});
}

TEST_CASE("ids are frozen") {
  // Once released, an id never changes: a difference here means that old runs would be orphaned.
  for (const auto& [spec, golden] : std::map<std::string, std::string>{
           {"identity.yaml", "ids.txt"}, {"identity-models.yaml", "ids-models.txt"}}) {
    const SpecResult result = parsed(read_file("tests/golden/sweeps/" + spec));
    REQUIRE(result.ok());
    std::string list;
    for (const PlannedRun& run : result.plan.runs) {
      list += run.id.text() + " " + run.cell + " " + run.config.canonical_json() + "\n";
    }
    check_golden("sweeps/" + golden, list);
  }
}

TEST_CASE("a plan as JSON") {
  const SpecResult result = parsed(read_file("tests/golden/sweeps/plan.yaml"));
  REQUIRE(result.ok());
  check_golden("sweeps/plan.json", to_json(result.plan).dump(1) + "\n");
}

TEST_CASE("a plan's hash is that of its JSON") {
  for (const std::string& name : studies()) {
    const Plan plan = study(name);
    CHECK(plan_hash(plan) == sha256_hex(to_json(plan).dump()).substr(0, 12));
  }
  Plan odd = study("smoke");
  odd.question = "quotes \" and \\ and \n and \xC3\xA4";
  odd.report.targets = {0.1, 1e-7};
  CHECK(plan_hash(odd) == sha256_hex(to_json(odd).dump()).substr(0, 12));
  odd.runs.clear();
  CHECK(plan_hash(odd) == sha256_hex(to_json(odd).dump()).substr(0, 12));
}

TEST_CASE("the configurations in a plan are the canonical bytes") {
  const Plan plan = study("quickstart");
  const auto json = to_json(plan);
  REQUIRE(json["runs"].size() == plan.runs.size());
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    const std::string bytes = json["runs"][i]["config"].dump();
    CHECK(bytes == plan.runs[i].config.canonical_json());
    CHECK(RunId::of(parse_config(tables(), bytes)) == plan.runs[i].id);
  }
}

TEST_CASE("report and launch are taken over, and are no part of an id") {
  const std::string head = "lockstep: 1\nstudy: t\n";
  const SpecResult bare = parsed(head + base());
  const SpecResult full =
      parsed(head + "question: Why?\n" + base() +
             "report: {select: [lr, momentum], targets: [0.5, 0.9], networks: [measured, NVLink]}\n"
             "launch:\n"
             "  local: {slots: 3, measured_clock: true}\n"
             "  slurm: {partition: 'gpu,cpu', time: 1-12:30, account: lab_1, qos: high, "
             "constraint: 'a100|h100',\n"
             "          setup: ../env/modules.sh, gpus_per_node: 8, throttle: 16}\n"
             "  early_stop: {confidence: 0.9}\n");
  INFO(render(full.diagnostics, "t", ""));
  REQUIRE(full.ok());
  CHECK(full.plan.question == "Why?");
  CHECK(full.plan.report == ReportSpec{{"lr", "momentum"}, {0.5, 0.9}, {"measured", "NVLink"}});
  CHECK(full.launch.local.slots == 3);
  CHECK(full.launch.local.measured_clock);
  CHECK(full.launch.slurm.partition == "gpu,cpu");
  CHECK(full.launch.slurm.time == "1-12:30");
  CHECK(full.launch.slurm.account == "lab_1");
  CHECK(full.launch.slurm.qos == "high");
  CHECK(full.launch.slurm.constraint == "a100|h100");
  CHECK(full.launch.slurm.setup == "../env/modules.sh");
  CHECK(full.launch.slurm.gpus_per_node == 8);
  CHECK(full.launch.slurm.throttle == 16);
  CHECK(full.launch.early_stop.given);
  CHECK(full.launch.early_stop.confidence == 0.9);
  CHECK_FALSE(bare.launch.early_stop.given);
  const SpecResult usual = parsed(head + base() + "launch: {early_stop: {}}\n");
  REQUIRE(usual.ok());
  CHECK(usual.launch.early_stop.given);
  CHECK(usual.launch.early_stop.confidence == 0.95);
  CHECK(ids(bare.plan) == ids(full.plan));
  CHECK(plan_hash(bare.plan) != plan_hash(full.plan));
}

TEST_CASE(
    "declared networks, stragglers and unequal comparisons are in the plan, and only if asked") {
  const std::string head = "lockstep: 1\nstudy: t\n" + base();
  const SpecResult full =
      parsed(head +
             "report:\n"
             "  networks: [10GbE, {name: lab, latency_us: 5, bandwidth_GB_s: 12.5}, measured]\n"
             "  stragglers: {model: exponential, mean_excess: 0.1}\n"
             "  compare_unequal: true\n");
  INFO(render(full.diagnostics, "t", ""));
  REQUIRE(full.ok());
  const ReportSpec& report = full.plan.report;
  CHECK(report.networks == std::vector<std::string>{"10GbE", "lab", "measured"});
  CHECK(report.declared == std::vector<DeclaredNetwork>{{"lab", 5, 12.5}});
  CHECK(report.stragglers == StragglerSpec{StragglerSpec::Model::exponential, 0.1});
  CHECK(report.compare_unequal);
  CHECK(report_spec_from(to_json(report)) == report);
  const SpecResult none = parsed(head + "report: {stragglers: {model: none}}\n");
  REQUIRE(none.ok());
  CHECK(none.plan.report == ReportSpec{});
  CHECK(to_json(none.plan.report).size() == 3);  // plans keep their bytes
}

TEST_CASE("what a report's axes are is in the plan, and only if asked") {
  using Model = StragglerSpec::Model;
  const std::string head = "lockstep: 1\nstudy: t\n" + base();
  const std::pair<const char*, ReportSpec> cases[] = {
      {"stragglers: {model: lognormal, mean_excess: 0.1, sigma: 1.5}",
       {.stragglers = {Model::lognormal, 0.1, 1.5}}},
      {"stragglers: {model: trace, excess: [0, 0.02, 3]}",
       {.stragglers = {.model = Model::trace, .excess = {0, 0.02, 3}}}},
      {"stragglers: {model: slow_worker, factor: 2}",
       {.stragglers = {.model = Model::slow_worker, .factor = 2}}},
      {"time: productive+eval", {.time = TimeSum::productive_eval}},
      {"time: wall", {.time = TimeSum::wall}},
      {"price: {per_device_hour: 2.5, currency: EUR}", {.price = PriceSpec{2.5, "EUR"}}}};
  for (const auto& [text, expected] : cases) {
    const SpecResult result = parsed(head + "report: {" + text + "}\n");
    INFO(text << "\n" << render(result.diagnostics, "t", ""));
    REQUIRE(result.ok());
    CHECK(result.plan.report == expected);
    CHECK(to_json(expected).size() == 4);
    CHECK(report_spec_from(to_json(expected)) == expected);
  }
  const SpecResult usual = parsed(head + "report: {time: productive}\n");
  REQUIRE(usual.ok());
  CHECK(usual.plan.report == ReportSpec{});
}

TEST_CASE("the mean excess of each model of stragglers") {
  using Model = StragglerSpec::Model;
  CHECK(mean_excess_of({}) == 0);
  CHECK(mean_excess_of({Model::exponential, 0.3}) == 0.3);
  CHECK(mean_excess_of({Model::lognormal, 0.3, 2}) == 0.3);
  CHECK(mean_excess_of({.model = Model::trace, .excess = {0, 1, 5}}) == 2);
  CHECK(mean_excess_of({.model = Model::slow_worker, .factor = 1.5}) == 0.5);
  for (const StragglerModel& row : straggler_models())
    CHECK(name_of(row.model) == std::string(row.name));
}

TEST_CASE("the spec's own hash is that of its bytes") {
  const std::string text = "lockstep: 1\nstudy: t\n" + base();
  CHECK(parsed(text).plan.spec_sha256 == sha256_hex(text));
}

TEST_CASE("a block text is a question on one line") {
  CHECK(plan("question: |\n  How far\n  apart?\n" + base()).question == "How far apart?");
}
