#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "results/record/run_directory.hpp"
#include "results/record/workspace.hpp"
#include "results/store/calibration_file.hpp"
#include "sweeps/run/run_id.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;
namespace fs = std::filesystem;
using States = std::map<std::string, int>;

TEST_CASE("a study is run once; the second time there is nothing to do") {
  test::Cli cli;
  const auto spec = cli.spec(2, 3);
  const auto first = cli.run({"run", spec});
  REQUIRE(first.rc == 0);
  CHECK(cli.states() == States{{"done", 6}});
  CHECK(cli.starts() == 6);
  CHECK(fs::exists(cli.workspace() / "studies" / "tiny" / "report" / "report.md"));
  CHECK(fs::exists(cli.workspace() / "studies" / "tiny" / "spec.yaml"));
  CHECK_FALSE(first.out.empty());

  const auto second = cli.run({"run", spec});
  CHECK(second.rc == 0);
  CHECK_THAT(second.err, Catch::Contains("nothing to do"));
  CHECK(second.out == first.out);
  CHECK(cli.starts() == 6);
}

TEST_CASE("identities are checked once, before the first run, and stop a study where they fail") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  cli.environment["LOCKSTEP_FAKE_IDENTITY_FAILS"] = "1";
  const auto failed = cli.run({"run", spec});
  CHECK(failed.rc == 6);
  CHECK_THAT(failed.err, Catch::Contains("does not hold") && Catch::Contains("--no-certificates"));
  CHECK(cli.starts() == 0);
  CHECK(cli.run({"run", spec}).rc == 6);  // a certificate that fails is kept
  REQUIRE(cli.run({"run", spec, "--no-certificates"}).rc == 0);
  CHECK_THAT(cli.run({"report", "tiny"}).out + cli.run({"report", "tiny"}).err,
             Catch::Contains("does not hold"));

  test::Cli fine;
  const auto good = fine.run({"run", fine.spec(1, 1)});
  CHECK(good.rc == 0);
  CHECK_THAT(good.err, Catch::Contains("checking identities"));
  const auto grown = fine.run({"run", fine.spec(2, 1)});
  CHECK(grown.rc == 0);
  CHECK_THAT(grown.err, !Catch::Contains("checking identities"));
}

TEST_CASE("a study that grows runs only what joined") {
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(1, 2)}).rc == 0);
  REQUIRE(cli.run({"run", cli.spec(2, 2)}).rc == 0);
  CHECK(cli.starts() == 4);
  CHECK(cli.states() == States{{"done", 4}});
}

TEST_CASE("status --json: states, attempts, reasons, logs") {
  test::Cli cli;
  cli.behave("* exit2\n");
  REQUIRE(cli.run({"run", cli.spec(1, 1)}).rc == 3);
  const auto json = cli.json({"status", "tiny", "--json"});
  CHECK(json.at("study") == "tiny");
  const auto& run = json.at("runs").at(0);
  CHECK(run.at("id").get<std::string>().size() == 32);
  CHECK(run.at("state") == "failed");
  CHECK(run.at("attempts") == 0);
  CHECK(run.at("reason").get<std::string>() != "");
  CHECK(fs::exists(run.at("log").get<std::string>()));
  CHECK(cli.json({"status", "--json"}).at("studies").at(0).at("study") == "tiny");
}

TEST_CASE("checkpointed runs go on, diverged ones are results") {
  test::Cli cli;
  const auto spec = cli.spec(2, 1);
  const auto plan = cli.json({"plan", spec, "--json"});
  const auto id = plan.at("runs").at(0).at("id").get<std::string>();
  cli.behave(id + " checkpoint checkpoint ok\n* diverge\n");
  CHECK(cli.run({"run", spec}).rc == 0);
  CHECK(cli.states() == States{{"done", 1}, {"diverged", 1}});
  CHECK(cli.starts() == 4);
}

TEST_CASE("some runs fail: exit 3, reason, log and next command; resume tries them again") {
  test::Cli cli;
  const auto spec = cli.spec(1, 3);
  const auto id = cli.json({"plan", spec, "--json"}).at("runs").at(1).at("id").get<std::string>();
  cli.behave(id + " abort ok\n* ok\n");
  const auto first = cli.run({"run", spec});
  CHECK(first.rc == 3);
  CHECK_THAT(first.err, Catch::Contains(id.substr(0, 12)) && Catch::Contains("exit 70") &&
                            Catch::Contains(".log") && Catch::Contains("lockstep resume tiny"));
  CHECK(cli.states() == States{{"done", 2}, {"failed", 1}});

  CHECK(cli.run({"run", spec}).rc == 3);  // run leaves it alone
  CHECK(cli.starts() == 3);
  CHECK(cli.run({"resume", "tiny"}).rc == 0);
  CHECK(cli.states() == States{{"done", 3}});
  CHECK(cli.starts() == 4);
}

TEST_CASE("the command that goes on has all options, quoted, and works as it is printed") {
  test::Cli cli;
  cli.behave("* abort ok\n");
  const auto spec = cli.spec(1, 1);
  const auto other = cli.folder() / "my workspace";
  const auto first =
      cli.run({"run", spec, "--data", cli.folder().string(), "--slots", "2", "--checkpoint-every",
               "7.5", "--measured-clock", "--no-report", "--no-calibration", "-w", other.string()});
  REQUIRE(first.rc == 3);
  const std::string next = "next: " + test::lockstep_program() + " resume tiny --data " +
                           cli.folder().string() +
                           " --slots 2 --checkpoint-every 7.5 --measured-clock --no-calibration "
                           "--no-report --workspace '" +
                           other.string() + "'\n";
  CHECK_THAT(first.err, Catch::Contains(next));
  ProcessRunner runner;
  const auto again = runner.run({.argv = {"/bin/sh", "-c", next.substr(6)},
                                 .input = "",
                                 .directory = cli.folder(),
                                 .environment = cli.environment,
                                 .deadline_s = 60});
  CHECK(again.rc == 0);
}

TEST_CASE("run says that launch.slurm is not used") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  const std::string warning = "launch.slurm is not used";
  CHECK_THAT(cli.run({"run", spec}).err, !Catch::Contains(warning));
  std::ofstream(spec, std::ios::app) << "  slurm: {time: \"01:00:00\"}\n";
  CHECK_THAT(cli.run({"run", spec}).err, Catch::Contains(warning));
  CHECK_THAT(cli.run({"resume", "tiny"}).err, Catch::Contains(warning));
}

TEST_CASE("a run of another revision in a plan is noted, and the rest is seen") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  REQUIRE(cli.run({"run", spec}).rc == 0);
  auto plan = cli.json({"plan", spec, "--json"});
  auto config = plan.at("runs").at(0).at("config");
  config["algorithm_revision"] = 7;
  const Workspace workspace(cli.workspace());
  auto stored = nlohmann::json::parse(read_file(workspace.plans("tiny").back()));
  stored["runs"] = {{{"id", sha256_hex(config.dump()).substr(0, 32)},
                     {"cell", "0123456789ab"},
                     {"config", config}}};
  std::ofstream(workspace.plan("tiny", "0123456789ab")) << stored.dump();

  CHECK(cli.states() == States{{"done", 1}});
  CHECK_THAT(cli.run({"status"}).err, Catch::Contains("note: tiny: 1 runs left out"));
  CHECK(cli.run({"resume", "tiny"}).rc == 0);
  CHECK(cli.run({"report", "tiny"}).rc == 0);
}

TEST_CASE("an index that is no database: 6, and rebuild repairs it") {
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(1, 1)}).rc == 0);
  std::ofstream(cli.workspace() / "lockstep.db", std::ios::trunc) << std::string(5000, 'x');
  const auto check = cli.run({"db", "check"});
  CHECK(check.rc == 6);
  CHECK_THAT(check.err, Catch::Contains("lockstep.db") && Catch::Contains("db rebuild"));
  CHECK(cli.run({"db", "rebuild"}).rc == 0);
  CHECK(cli.run({"db", "check"}).rc == 0);
}

TEST_CASE("a file that cannot be written: 5") {
  test::Cli cli;
  fs::create_directories(cli.workspace() / "studies" / "tiny" / "spec.yaml");
  const auto result = cli.run({"run", cli.spec(1, 1)});
  CHECK(result.rc == 5);
  CHECK_THAT(result.err, Catch::Contains("spec.yaml"));
}

TEST_CASE("missing data blocks a run; the same command goes on when it is there") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  cli.behave("* exit69 ok\n");
  const auto first = cli.run({"run", spec});
  CHECK(first.rc == 3);
  CHECK_THAT(first.err, Catch::Contains("blocked") &&
                            Catch::Contains("next: " + test::lockstep_program() + " run"));
  CHECK(cli.run({"run", spec}).rc == 0);
}

TEST_CASE("a run that makes no progress stops by itself") {
  test::Cli cli;
  cli.behave("* stuck\n");
  CHECK(cli.run({"run", cli.spec(1, 1)}).rc == 3);
  CHECK(cli.starts() == 2);
  CHECK(cli.states() == States{{"failed", 1}});
}

TEST_CASE("calibration: automatic once, by hand again, failures are no failures of the study") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  cli.environment["LOCKSTEP_FAKE_CALIBRATION_FAILS"] = "1";
  const auto first = cli.run({"run", spec});
  CHECK(first.rc == 0);
  CHECK_THAT(first.err, Catch::Contains("no data here"));
  CHECK(cli.run({"calibrate", "tiny"}).rc == 5);
  cli.environment.erase("LOCKSTEP_FAKE_CALIBRATION_FAILS");
  CHECK_THAT(cli.run({"run", spec}).err, Catch::Contains("calibrating mlp"));
  CHECK_THAT(cli.run({"run", spec}).err, !Catch::Contains("calibrating"));
  CHECK_THAT(cli.run({"calibrate", "tiny", "--missing"}).err, !Catch::Contains("calibrating"));
  CHECK_THAT(cli.run({"calibrate", spec}).err, Catch::Contains("calibrating mlp"));
}

TEST_CASE("runs on the measured clock stand between two calibrations, which become one") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  const auto count = [](const std::string& text) {
    std::size_t times = 0;
    for (auto at = text.find("calibrating mlp"); at != std::string::npos;
         at = text.find("calibrating mlp", at + 1))
      ++times;
    return times;
  };
  // 1 ms per step, and 2 ms once the run is done.
  cli.environment["LOCKSTEP_FAKE_SLOWED_BY_RUNS_OF"] = cli.workspace().string();
  const auto first = cli.run({"run", spec, "--measured-clock"});
  CHECK(first.rc == 0);
  CHECK(count(first.err) == 2);
  CHECK_THAT(first.err, Catch::Contains("took 1.000 to 2.000 ms in 2 calibrations"));
  const auto files = read_calibrations(Workspace(cli.workspace()));
  REQUIRE(files.steps.size() == 1);
  CHECK(files.steps.front().cost.step_s == Approx(0.0015));
  CHECK(files.steps.front().p10_s == Approx(0.0009));
  CHECK(files.steps.front().p90_s == Approx(0.0024));
  REQUIRE(files.steps.front().spread.deviation_s.size() == 2);
  CHECK(files.steps.front().spread.deviation_s[1] == Approx(0.00005));
  CHECK(files.steps.front().spread.interrupted_s == Approx(0.00001));
  CHECK(count(cli.run({"run", spec, "--measured-clock"}).err) == 0);  // nothing to do
}

TEST_CASE("many runs on the measured clock have calibrations among them, too") {
  test::Cli cli;
  const auto run = cli.run({"run", cli.spec(13, 1), "--measured-clock", "--no-report"});
  CHECK(run.rc == 0);
  const auto at = [&](const std::string& what, std::size_t from) {
    const auto found = run.err.find(what, from);
    REQUIRE(found != std::string::npos);
    return found;
  };
  const auto twelve = at("[12/13] done", at("[1/13] done", at("calibrating mlp", 0)));
  at("calibrating mlp", at("[13/13] done", at("calibrating mlp", twelve)));
}

TEST_CASE("report, import and db work on what is there") {
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(1, 2), "--no-report"}).rc == 0);
  CHECK(cli.run({"import"}).rc == 0);
  CHECK_THAT(cli.run({"import"}).out, Catch::Contains(" 0 new records"));
  CHECK(cli.run({"db", "check"}).out == "ok\n");
  const auto report = cli.run({"report", "tiny"});
  CHECK(report.rc == 0);
  const auto csv = cli.run({"report", "tiny", "--print", "csv"});
  CHECK(csv.rc == 0);
  CHECK(csv.out == read_file(cli.workspace() / "studies" / "tiny" / "report" / "report.csv"));
  CHECK(cli.run({"report", "tiny", "--print", "papyrus"}).rc == 2);
  CHECK(cli.run({"report", "tiny", "--print", "csv", "--verify"}).rc == 2);
  const auto verified = cli.run({"report", "tiny", "--verify"});
  CHECK(verified.rc == 0);
  CHECK(verified.out.find("report.csv: same\n") != std::string::npos);
  const fs::path edited = cli.workspace() / "studies" / "tiny" / "report" / "report.csv";
  std::ofstream(edited, std::ios::app) << "more\r\n";
  const auto refused = cli.run({"report", "tiny", "--verify"});
  CHECK(refused.rc == 6);
  CHECK(refused.out.find("report.csv: made of the same rows, but not these bytes") !=
        std::string::npos);
  CHECK(read_file(edited).ends_with("more\r\n"));  // nothing is written
  fs::remove(cli.workspace() / "lockstep.db");
  CHECK(cli.run({"db", "rebuild"}).rc == 0);
  CHECK(cli.run({"db", "check"}).rc == 0);
}

TEST_CASE("without a trainer: exit 5 and the remedy") {
  test::Cli cli;
  cli.environment["LOCKSTEP_TRAIN"] = "/no/such/trainer";
  const auto result = cli.run({"run", cli.spec(1, 1)});
  CHECK(result.rc == 5);
  CHECK_THAT(result.err, Catch::Contains("/no/such/trainer") && Catch::Contains("make build"));
}

TEST_CASE("doctor --json") {
  test::Cli cli;
  const auto result = cli.run({"doctor", "--json"});
  CHECK((result.rc == 0 || result.rc == 5));  // 5 where this machine has something to fix
  const auto json = nlohmann::json::parse(result.out);
  bool bad = false;
  for (const auto& check : json.at("checks")) {
    CHECK(check.at("detail").get<std::string>() != "");
    if (check.at("state") == "bad") {
      bad = true;
      CHECK(check.at("fix").get<std::string>() != "");
    }
  }
  CHECK(bad == (result.rc == 5));
}
