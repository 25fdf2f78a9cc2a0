// Early stopping by the real program: a dominated cell is stopped, everything says so, and `resume`
// ends where a study would have that never stopped anything.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "results/record/run_directory.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;
using Catch::Contains;
using States = std::map<std::string, int>;

namespace {
constexpr const char* kEarlyStop = "  early_stop: {confidence: 0.95}\n";
constexpr const char* kOneGroup = "report: {select: [H], networks: [10GbE]}\n";
constexpr const char* kManyGroups = "report: {networks: [10GbE, NVLink]}\n";

/// 8 cells of 3 seeds; the one with H = 3 is far below the others.
std::string spec(const test::Cli& cli, const std::string& report, const std::string& launch) {
  const auto path = cli.folder() / "tiny.yaml";
  std::ofstream(path) << "lockstep: 1\nstudy: tiny\n"
                         "base: {algorithm: local_sgd, dataset: synthetic, model: mlp, workers: 2, "
                         "steps: 40}\n"
                         "grid: {H: [1, 2, 3, 4, 5, 6, 7, 8], seed: [1, 2, 3]}\n"
                      << report << "launch:\n  local: {slots: 2}\n"
                      << launch;
  return path.string();
}

/// The bad cell's last seed does `last`; its id.
std::string behave(test::Cli& cli, const std::string& spec, const std::string& last) {
  std::string script, id;
  const auto plan = cli.json({"plan", spec, "--json"});
  for (const auto& run : plan.at("runs")) {
    const auto& config = run.at("config");
    if (config.at("H") != 3) continue;
    const bool is_last = config.at("seed") == 3;
    if (is_last) id = run.at("id");
    script += run.at("id").get<std::string>() + (is_last ? " " + last : " learn@0.6") + "\n";
  }
  REQUIRE_FALSE(id.empty());
  cli.behave(script + "* learn@0.2\n");
  return id;
}

std::vector<std::string> cells_of(const std::string& line) {
  std::istringstream words(line);
  std::vector<std::string> cells;
  for (std::string word; std::getline(words, word, ',');) cells.push_back(word);
  return cells;
}

/// The report's table without its stamps.
std::vector<std::vector<std::string>> table(const test::Cli& cli) {
  std::istringstream file(
      read_file(cli.workspace() / "studies" / "tiny" / "report" / "report.csv"));
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) rows.push_back(cells_of(line));
  const auto stamp = std::find(rows.at(0).begin(), rows.at(0).end(), "stamp") - rows.at(0).begin();
  for (auto& row : rows) row.at(static_cast<std::size_t>(stamp)).clear();
  return rows;
}

std::string report_of(const test::Cli& cli) {
  return read_file(cli.workspace() / "studies" / "tiny" / "report" / "report.md");
}
}  // namespace

TEST_CASE("a dominated cell is stopped, and a resumed study is one that never stopped") {
  for (const char* report : {kOneGroup, kManyGroups}) {
    test::Cli cli;
    const auto path = spec(cli, report, kEarlyStop);
    const auto id = behave(cli, path, "halfway@0.6 learn@0.6");
    const auto first = cli.run({"run", path});
    REQUIRE(first.rc == 0);
    CHECK(cli.states() == States{{"done", 23}, {"stopped early", 1}});
    CHECK_THAT(first.err, Contains("stopped early " + id.substr(0, 12)) &&
                              Contains("1 run was stopped early, as the spec asks") &&
                              Contains("lockstep resume tiny") && !Contains("did not succeed"));
    CHECK_THAT(report_of(cli), Contains("stopped early: its cell reaches at most") &&
                                   Contains("Not eligible for selection or frontier, as stopped "
                                            "early with seed 3") &&
                                   Contains("1 run was stopped before the end"));
    const auto why = cli.run({"why", id});
    CHECK_THAT(why.out, Contains("stopped early: its cell reaches at most") &&
                            Contains("it was asked to stop") &&
                            Contains("trains it to its end from checkpoint step-24-a1"));
    CHECK_THAT(why.out, Contains(report == kOneGroup ? "in the same tuning group"
                                                     : "taking no longer on 10GbE, NVLink"));
    CHECK_THAT(cli.run({"status", "tiny"}).out, Contains("stopped early " + id.substr(0, 12)));

    const auto again = cli.run({"run", path, "--json"});
    CHECK(again.rc == 0);
    const auto outcome = nlohmann::json::parse(again.out);
    CHECK(outcome.at("counts") == nlohmann::json{{"done", 23}, {"stopped early", 1}});
    CHECK(outcome.at("without_result").empty());
    CHECK_THAT(again.err, Contains("nothing to do") && Contains("1 run was stopped early"));
    CHECK(cli.starts() == 24);

    const auto resumed = cli.run({"resume", "tiny"});
    CHECK(resumed.rc == 0);
    CHECK_THAT(resumed.err, Contains("1 run was stopped early: trained to the end now"));
    CHECK(cli.states() == States{{"done", 24}});
    CHECK(cli.starts() == 25);
    CHECK_THAT(report_of(cli), !Contains("stopped early"));
    CHECK(cli.run({"db", "check"}).rc == 0);

    test::Cli twin;
    const auto unstopped = spec(twin, report, "");
    behave(twin, unstopped, "learn@0.6");
    REQUIRE(twin.run({"run", unstopped}).rc == 0);
    CHECK(table(cli) == table(twin));
  }
}

TEST_CASE("a study whose cells are alike is left alone, and so is one that does not ask for it") {
  test::Cli cli;
  const auto path = spec(cli, kOneGroup, kEarlyStop);
  cli.behave("* learn@0.2\n");
  const auto result = cli.run({"run", path});
  CHECK(result.rc == 0);
  CHECK(cli.states() == States{{"done", 24}});
  CHECK_THAT(result.err + report_of(cli), !Contains("stopped early"));
  CHECK_FALSE(std::filesystem::exists(cli.workspace() / "studies" / "tiny" / "submissions" /
                                      "early-stops"));
}

TEST_CASE("a failed run beside a stopped one is still a failure") {
  test::Cli cli;
  const auto path = spec(cli, kOneGroup, kEarlyStop);
  const auto id = behave(cli, path, "halfway@0.6 learn@0.6");
  std::string other;
  const auto plan = cli.json({"plan", path, "--json"});
  for (const auto& run : plan.at("runs")) {
    if (run.at("config").at("H") == 5 && run.at("config").at("seed") == 2) other = run.at("id");
  }
  cli.behave(other + " abort learn@0.2\n" + read_file(cli.folder() / "script"));
  const auto result = cli.run({"run", path});
  CHECK(result.rc == 3);
  CHECK(cli.states() == States{{"done", 22}, {"failed", 1}, {"stopped early", 1}});
  CHECK_THAT(result.err,
             Contains("1 of 24 runs did not succeed") && Contains("1 run was stopped early"));
}

TEST_CASE("an index that cannot be used stops nobody, and is told") {
  test::Cli cli;
  const auto path = spec(cli, kOneGroup, kEarlyStop);
  behave(cli, path, "learn@0.6");
  std::filesystem::create_directories(cli.workspace() / "lockstep.db-journal" / "in the way");
  const auto result = cli.run({"run", path, "--no-report"});
  CHECK(result.rc == 0);
  CHECK_THAT(result.err, Contains("cannot tell whom to stop early, tried again later: "));
  CHECK(cli.states() == States{{"done", 24}});
}
