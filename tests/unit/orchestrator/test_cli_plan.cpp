#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "orchestrator/launch/sbatch_script.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;

TEST_CASE("plan --json: every run with id, cell, configuration and state") {
  test::Cli cli;
  const auto json = cli.json({"plan", cli.spec(2, 3), "--json"});
  CHECK(json.at("study") == "tiny");
  CHECK(json.at("counts") == nlohmann::json{{"new", 6}});
  std::set<std::string> ids, cells;
  for (const auto& run : json.at("runs")) {
    ids.insert(run.at("id").get<std::string>());
    cells.insert(run.at("cell").get<std::string>());
    CHECK(run.at("state") == "new");
    CHECK(run.at("config").at("steps") == 20);
  }
  CHECK(ids.size() == 6);
  CHECK(cells.size() == 2);
}

TEST_CASE("plan changes nothing") {
  test::Cli cli;
  CHECK(cli.run({"plan", cli.spec(1, 1)}).rc == 0);
  CHECK_FALSE(std::filesystem::exists(cli.workspace()));
}

TEST_CASE("plan after a run: what is done is done, what joins is new") {
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(2, 1)}).rc == 0);
  const auto json = cli.json({"plan", cli.spec(2, 2), "--json"});
  CHECK(json.at("counts") == nlohmann::json{{"done", 2}, {"new", 2}});
  // step costs were calibrated by the run: two runs x 20 steps x 2 workers x 1 ms
  CHECK(json.at("estimate").at("run_s").get<double>() == Approx(2 * 20 * 2 * 0.001));
  CHECK(json.at("estimate").at("bytes").get<double>() > 100);
}

TEST_CASE("plan says what it takes: guessed, measured, and above the budget") {
  test::Cli cli;
  const auto spec = cli.spec(2, 1);
  CHECK_THAT(cli.run({"plan", spec}).out,
             Catch::Contains("of training, a guess: ") && !Catch::Contains("asks first"));
  CHECK(cli.json({"plan", spec, "--json"}).at("estimate").empty());
  cli.environment["LOCKSTEP_BUDGET_HOURS"] = "1e-9";
  CHECK_THAT(cli.run({"plan", spec}).out, Catch::Contains("above the budget of 1e-09 h"));
  cli.environment.erase("LOCKSTEP_BUDGET_HOURS");
  REQUIRE(cli.run({"calibrate", spec, "--seconds", "0.4"}).rc == 0);
  CHECK_THAT(cli.run({"plan", spec}).out,
             Catch::Contains("of training") && !Catch::Contains("a guess"));
}

TEST_CASE("a spec with errors ends with 2 and shows the place") {
  test::Cli cli;
  std::ofstream(cli.folder() / "bad.yaml")
      << "lockstep: 1\nstudy: bad\nbase: {algorthm: sync_sgd}\n";
  for (const char* command : {"plan", "run"}) {
    const auto result = cli.run({command, "bad.yaml"});
    CHECK(result.rc == 2);
    CHECK_THAT(result.err, Catch::Contains("bad.yaml:3:"));
    CHECK(result.out == "");
  }
  CHECK_FALSE(std::filesystem::exists(cli.workspace()));
}

TEST_CASE("plan shows the Slurm job script where it is asked for, or where the spec has Slurm") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  CHECK_THAT(cli.run({"plan", spec}).out, !Catch::Contains("#!/bin/bash"));
  CHECK_THAT(cli.run({"plan", spec, "--job-script"}).out, Catch::EndsWith(sbatch_script()));
  CHECK(cli.run({"plan", spec, "--job-script", "--json"}).rc == 2);
  std::ofstream(spec, std::ios::app) << "  slurm: {time: \"01:00:00\"}\n";
  CHECK_THAT(cli.run({"plan", spec}).out, Catch::EndsWith(sbatch_script()));
  CHECK(cli.json({"plan", spec, "--json"}).at("counts") == nlohmann::json{{"new", 1}});
}

TEST_CASE("plan names the command that runs it in the same workspace") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  const auto result = cli.run({"plan", spec, "-w", "other place"});
  CHECK_THAT(result.err, Catch::Contains(test::lockstep_program() + " run " + spec +
                                         " --workspace 'other place'\n"));
}

TEST_CASE("run --dry-run prints the commands in order and starts nothing") {
  test::Cli cli;
  const auto result = cli.run({"run", cli.spec(2, 2), "--dry-run"});
  CHECK(result.rc == 0);
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 4);
  CHECK_THAT(result.out, Catch::Contains("--run-dir"));
  CHECK_FALSE(std::filesystem::exists(cli.workspace()));
}
