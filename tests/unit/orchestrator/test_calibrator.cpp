#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "orchestrator/schedule/calibrator.hpp"
#include "orchestrator/schedule/estimate.hpp"
#include "results/store/study_data.hpp"
#include "sweeps/run/course.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;
namespace fs = std::filesystem;

namespace {
/// A trainer that copies a prepared answer to --out.
fs::path trainer_that(const fs::path& folder, const std::string& body) {
  const fs::path path = folder / "trainer.sh";
  std::ofstream(path) << "#!/bin/sh\n" << body;
  fs::permissions(path, fs::perms::owner_all);
  return path;
}
const std::string kGood =
    R"({"step_s":0.25,"backward_s":0.125,"average_s":0.01,"p10_s":0.2,"p90_s":0.5,"deviation_s":[0.1,0.05],"interrupted_s":0,"samples":7,"interrupted":0.5,"device_name":"d"})";
}  // namespace

TEST_CASE("cores are combined as the mean of theirs, the spread as the widest") {
  const StepSample a{{1.0, 0.5, 0.1}, 0.9, 1.1, {{0.3, 0.2, 0.1}, 0.02}, 10, 0.25, "d"};
  const StepSample b{{2.0, 1.0, 0.3}, 1.5, 3.0, {{0.4, 0.1}, 0.04}, 20, 0.125, "d"};
  const StepSample both = combine({a, b}, 2);
  CHECK(both.cost.step_s == 1.5);
  CHECK(both.cost.backward_s == 0.75);
  CHECK(both.cost.average_s == 0.2);
  CHECK(both.p10_s == 0.9);
  CHECK(both.p90_s == 3.0);
  CHECK(both.samples == 30);
  CHECK(both.interrupted == 0.25);
  CHECK(combine({a}, 1).cost.step_s == a.cost.step_s);
  CHECK(combine({a}, 1).spread == a.spread);
  // The squares of what each saw, and the variance of two that ran at once: 0.5.
  REQUIRE(both.spread.deviation_s.size() == 2);
  CHECK(both.spread.deviation_s[0] == Approx(std::sqrt((0.09 + 0.16) / 2 + 0.5)));
  CHECK(both.spread.deviation_s[1] == Approx(std::sqrt((0.04 + 0.01) / 2 + 0.5)));
  CHECK(both.spread.interrupted_s == Approx(0.03));
  // One after the other, they are no two workers: the machine has changed.
  CHECK(combine({a, b}, 1).spread.deviation_s[0] == Approx(std::sqrt((0.09 + 0.16) / 2)));
}

TEST_CASE("a calibration that cannot be right is refused, with its file") {
  for (
      const char* bad :
      {"", "[]", "{}",
       R"({"step_s":0,"backward_s":0,"average_s":0,"p10_s":1,"p90_s":1,"deviation_s":[],"interrupted_s":0,"samples":1,"interrupted":0,"device_name":""})",
       R"({"step_s":-1,"backward_s":0,"average_s":0,"p10_s":1,"p90_s":1,"deviation_s":[],"interrupted_s":0,"samples":1,"interrupted":0,"device_name":""})",
       R"({"step_s":1,"backward_s":0,"average_s":0,"p10_s":1,"p90_s":1,"deviation_s":[-1],"interrupted_s":0,"samples":1,"interrupted":0,"device_name":""})",
       R"({"step_s":"1","backward_s":0,"average_s":0,"p10_s":1,"p90_s":1,"deviation_s":[],"interrupted_s":0,"samples":1,"interrupted":0,"device_name":""})"}) {
    CHECK_THROWS_WITH(parse_step_sample(bad, "a.json"), Catch::Contains("a.json"));
  }
}

TEST_CASE("all cores measure at the same time") {
  const test::TempDir temp;
  // Each process waits, at most 10 s, until three have begun.
  const auto trainer = trainer_that(temp.path(),
                                    "out=$5; dir=$(dirname \"$0\")\n: > \"$dir/began.$$\"\n"
                                    "for i in $(seq 1000); do set -- \"$dir\"/began.*; "
                                    "[ $# -ge 3 ] && break; sleep 0.01; done\n"
                                    "[ $# -ge 3 ] || exit 70\ncat > \"$out\" <<'X'\n" +
                                        kGood + "\nX\n");
  const auto sample = measure_step({trainer, {}, 0, false}, "{}", 3, 0.1, temp.path() / "scratch");
  CHECK(sample.cost.step_s == 0.25);
  CHECK(sample.samples == 4 * 21);  // in four rounds
  CHECK_FALSE(fs::exists(temp.path() / "scratch"));
}

TEST_CASE("a calibration that fails says the trainer's last words") {
  const test::TempDir temp;
  const auto trainer =
      trainer_that(temp.path(), "echo one; echo 'no data set here' >&2; exit 69\n");
  CHECK_THROWS_WITH(measure_step({trainer, {}, 0, false}, "{}", 1, 0.1, temp.path() / "scratch"),
                    Catch::Contains("exit 69") && Catch::Contains("no data set here"));
}

TEST_CASE("network samples") {
  const auto samples = parse_network_samples(
      R"({"processes":2,"samples":[{"bytes":1,"seconds":2},{"bytes":3,"seconds":4}]})", "n.json");
  CHECK(samples.processes == 2);
  REQUIRE(samples.samples.size() == 2);
  CHECK(samples.samples[1].seconds == 4);
  CHECK_THROWS_WITH(parse_network_samples(R"({"processes":1,"samples":[]})", "n.json"),
                    Catch::Contains("n.json"));
}

TEST_CASE("the estimate is steps times workers times cost, spread over slots") {
  const Tables tables = Tables::builtin();
  std::vector<PlannedRun> runs;
  for (std::int64_t seed = 1; seed <= 4; ++seed) {
    const auto resolution = resolve(tables, {{"algorithm", std::string("sync_sgd")},
                                             {"model", std::string("mlp")},
                                             {"dataset", std::string("synthetic")},
                                             {"steps", std::int64_t{100}},
                                             {"workers", std::int64_t{8}},
                                             {"seed", seed}});
    REQUIRE(resolution.problems.empty());
    runs.push_back({RunId::of(resolution.config), cell_of(resolution.config), resolution.config});
  }
  const std::string key = calibration_key(tables, runs[0].config);
  const CostEstimate known = estimate_cost(tables, runs, {{key, 0.01}}, 2, 1000);
  CHECK(known.run_s.value() == Approx(4 * 100 * 8 * 0.01));
  CHECK(known.wall_s.value() == Approx(4 * 100 * 8 * 0.01 / 2));
  CHECK(known.bytes.value() == Approx(4000));
  CHECK(estimate_cost(tables, {runs[0]}, {{key, 0.01}}, 2, 0).wall_s.value() ==
        Approx(100 * 8 * 0.01));
  const CostEstimate partly =
      estimate_cost(tables, runs, {{key, 0.01}}, 2, 0, {{runs[0].id.text(), 0.75}});
  CHECK(partly.run_s.value() == Approx(3.25 * 100 * 8 * 0.01));
  CHECK(with_rule_of_thumb(tables, runs, {{key, 0.01}}) == StepSeconds{{key, 0.01}});
  const auto batch = static_cast<double>(runs[0].config.integer("batch_per_worker"));
  CHECK(with_rule_of_thumb(tables, runs, {}).at(key) ==
        Approx(batch * 12 * 12 * tables.model("mlp")->pixel_s));
  const CostEstimate unknown = estimate_cost(tables, runs, {}, 2, 0);
  CHECK_FALSE(unknown.run_s.has_value());
  CHECK(unknown.uncalibrated == std::vector<std::string>{key});
}
