// --add-seeds: more seeds for some cells, and the commands that a report prints for it. Also SPEC
// as stdin and as the name of a study.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "orchestrator/schedule/workspace_lock.hpp"
#include "results/record/run_directory.hpp"
#include "results/record/workspace.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;
namespace fs = std::filesystem;
using Catch::Contains;
using States = std::map<std::string, int>;

namespace {
const std::vector<std::string> kQuick{"--no-report", "--no-calibration", "--no-certificates"};

std::vector<std::string> quick(const std::string& command, const std::string& spec,
                               const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{command, spec};
  words.insert(words.end(), kQuick.begin(), kQuick.end());
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// Cell -> seeds of its runs that are done, from the files.
std::map<std::string, std::set<std::int64_t>> done_seeds(test::Cli& cli) {
  std::map<std::string, std::set<std::int64_t>> seeds;
  const auto status = cli.json({"status", "tiny", "--json"});
  for (const auto& run : status.at("runs")) {
    const auto id = run.at("id").get<std::string>();
    const auto config =
        nlohmann::json::parse(read_file(cli.workspace() / "runs" / id / "config.json"));
    if (run.at("state") == "done") seeds[run.at("cell")].insert(config.at("seed").get<int>());
  }
  return seeds;
}

std::string cell_of_h(test::Cli& cli, int h) {
  const auto plan = cli.json({"plan", "tiny.yaml", "--json"});
  for (const auto& run : plan.at("runs"))
    if (run.at("config").at("H") == h) return run.at("cell");
  FAIL("no such cell");
  return "";
}

/// In a shell, where `lockstep` is the program.
CommandResult pasted(const test::Cli& cli, const std::string& line, const std::string& input = "") {
  auto environment = cli.environment;
  environment["PATH"] =
      fs::absolute(test::lockstep_program()).parent_path().string() + ":" + std::getenv("PATH");
  ProcessRunner runner;
  const auto result = runner.run({.argv = {"/bin/sh", "-c", line},
                                  .input = input,
                                  .directory = cli.folder(),
                                  .environment = environment,
                                  .deadline_s = 60});
  UNSCOPED_INFO(line << "\n" << result.err);
  return result;
}
}  // namespace

TEST_CASE("seeds: they join the study, once, and stay asked for until they are pruned") {
  test::Cli cli;
  const auto spec = cli.spec(2, 2);
  REQUIRE(cli.run(quick("run", spec)).rc == 0);
  const auto one = cell_of_h(cli, 1), two = cell_of_h(cli, 2);

  const auto planned = cli.run({"plan", spec, "--add-seeds", "4..5", "--cells", one.substr(0, 5)});
  CHECK(planned.rc == 0);
  CHECK_THAT(planned.err, Contains("grows by 2 runs in 1 cell") &&
                              Contains("--add-seeds 4..5 --cells " + one.substr(0, 5)));
  CHECK_THAT(planned.out, Contains("2 new"));
  CHECK(cli.states() == States{{"done", 4}});  // nothing was written

  for (const int time : {1, 2}) {
    const auto added = cli.run(quick("run", spec, {"--add-seeds", "4..5", "--cells", one}));
    CHECK(added.rc == 0);
    CHECK_THAT(added.err, Contains(time == 1 ? "the study grows" : "nothing to add"));
    CHECK(cli.starts() == 6);
  }
  const std::map<std::string, std::set<std::int64_t>> expected{{one, {1, 2, 4, 5}}, {two, {1, 2}}};
  CHECK(done_seeds(cli) == expected);

  // The spec alone, and resume, go on with what was added.
  const auto status = cli.json({"status", "tiny", "--json"});
  for (const auto& run : status.at("runs")) {
    if (run.at("label").get<std::string>().ends_with("seed=5"))
      fs::remove_all(cli.workspace() / "runs" / run.at("id").get<std::string>());
  }
  CHECK(cli.json({"plan", spec, "--json"}).at("counts") ==
        nlohmann::json{{"resumable", 1}, {"done", 5}});
  CHECK(cli.run(quick("run", spec)).rc == 0);
  CHECK(done_seeds(cli) == expected);
  CHECK_THAT(cli.run(quick("run", spec)).err,
             Contains("nothing to do, 6 done") && !Contains("earlier plans"));
  CHECK(cli.run(quick("resume", "tiny")).rc == 0);
  CHECK(cli.run({"report", "tiny"}).rc == 0);

  const auto pruned = cli.run(quick("run", spec, {"--prune"}));
  CHECK(pruned.rc == 0);
  CHECK_THAT(pruned.err, Contains("2 runs of earlier plans or added seeds left the study"));
  CHECK(cli.states() == States{{"done", 4}});
  CHECK_THAT(cli.run(quick("run", spec)).err, Contains("nothing to do, 4 done"));
  CHECK(cli.run(quick("run", spec, {"--prune", "--add-seeds", "4"})).rc == 2);
}

TEST_CASE("seeds: for all cells, of which some have them; cells by label; further additions") {
  test::Cli cli;
  const auto spec = cli.spec(2, 2);
  REQUIRE(cli.run(quick("run", spec, {"--add-seeds", "3", "--cells", "local_sgd H=2"})).rc == 0);
  CHECK(cli.states() == States{{"done", 5}});  // a study that was not there is run with them
  REQUIRE(cli.run(quick("run", spec, {"--add-seeds", "1,3,4"})).rc == 0);
  CHECK(cli.starts() == 8);
  for (const auto& [cell, seeds] : done_seeds(cli))
    CHECK(seeds == std::set<std::int64_t>{1, 2, 3, 4});
  // The spec catches up: what it asks for is there.
  REQUIRE(cli.run(quick("run", cli.spec(2, 4))).rc == 0);
  CHECK(cli.starts() == 8);
}

TEST_CASE("seeds: a cell of an earlier plan can be named, and only what is added runs") {
  test::Cli cli;
  REQUIRE(cli.run(quick("run", cli.spec(2, 2))).rc == 0);
  const auto two = cell_of_h(cli, 2);
  const auto smaller = cli.spec(1, 2);
  REQUIRE(cli.run(quick("run", smaller, {"--add-seeds", "9", "--cells", two})).rc == 0);
  CHECK(cli.starts() == 5);
  CHECK(done_seeds(cli).at(two) == std::set<std::int64_t>{1, 2, 9});
}

TEST_CASE("seeds: mistakes say what to type, and change nothing") {
  test::Cli cli;
  const auto spec = cli.spec(2, 2);
  REQUIRE(cli.run(quick("run", spec)).rc == 0);
  const auto one = cell_of_h(cli, 1);
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes{
      {{"--add-seeds", "4-6"}, "write it like 4,5,7..9"},
      {{"--add-seeds", "6..4"}, "runs backwards; write 4..6"},
      {{"--add-seeds=-1"}, "no list of seeds"},
      {{"--add-seeds", "4,"}, "no list of seeds"},
      {{"--add-seeds", "2147483648"}, "seeds are 0 to 2147483647"},
      {{"--add-seeds", "1..2147483647"}, "more than 10000 seeds"},
      {{"--add-seeds", "1..9000"}, "18000 runs; at most 10000"},
      {{"--add-seeds", "4", "--cells", "zz"}, "no cell of study tiny begins with 'zz'"},
      {{"--add-seeds", "4", "--cells", "local_sgd H=7"}, "lockstep plan SPEC"},
      {{"--cells", one}, "--add-seeds"}};
  for (const char* command : {"plan", "run", "submit"}) {
    for (const auto& [words, hint] : mistakes) {
      std::vector<std::string> all{command, spec};
      all.insert(all.end(), words.begin(), words.end());
      const auto result = cli.run(all);
      CHECK(result.rc == 2);
      CHECK(result.out == "");
      CHECK_THAT(result.err, Contains(hint));
    }
  }
  CHECK(cli.states() == States{{"done", 4}});
}

TEST_CASE("seeds: the command that a report prints adds exactly these runs") {
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(4, 3), "--no-calibration", "--no-certificates"}).rc == 0);
  const fs::path folder = cli.workspace() / "studies/tiny/report";
  const auto report = nlohmann::json::parse(read_file(folder / "report.json"));
  nlohmann::json row;  // the one that needs the fewest
  for (const auto& candidate : report.at("power")) {
    const bool any = !candidate.at("seeds_to_add").empty();
    if (any &&
        (row.is_null() || candidate.at("seeds_to_add").size() < row.at("seeds_to_add").size()))
      row = candidate;
  }
  REQUIRE_FALSE(row.is_null());
  REQUIRE(row.at("seeds_to_add").size() <= 50);  // few enough for a test
  const auto command = row.at("command").get<std::string>();
  CHECK_THAT(read_file(folder / "report.md"), Contains("\n" + command + "\n"));
  CHECK_THAT(read_file(folder / "report.html"), Contains("\n" + command + "\n"));
  CHECK_THAT(read_file(folder / "report.tex"), Contains("% " + command + "\n"));

  auto expected = done_seeds(cli);
  for (const char* member : {"cell", "baseline"}) {
    for (const auto& seed : row.at("seeds_to_add"))
      expected[row.at(member).get<std::string>()].insert(seed.get<int>());
  }
  CHECK(pasted(cli, command + " --no-calibration").rc == 0);
  CHECK(done_seeds(cli) == expected);
  const int starts = cli.starts();
  CHECK(pasted(cli, command + " --no-calibration").rc == 0);
  CHECK(cli.starts() == starts);
}

TEST_CASE("SPEC from stdin: plan, run and submit; the study's name goes on") {
  test::Cli cli;
  const std::string text = read_file(cli.spec(1, 2));
  fs::remove(cli.folder() / "tiny.yaml");
  CHECK_THAT(pasted(cli, "lockstep plan - --plain", text).out, Contains("\tnew\t"));
  cli.behave("* exit69 ok\n");
  const auto first = pasted(cli, "lockstep run - --no-calibration --no-report", text);
  CHECK(first.rc == 3);
  CHECK_THAT(first.err, Contains("next: lockstep run tiny "));
  const auto again = cli.run(quick("run", "tiny"));
  CHECK(again.rc == 0);
  CHECK_THAT(again.err, Contains("the spec is that of study tiny"));
  CHECK(cli.states() == States{{"done", 2}});
  CHECK(pasted(cli, "lockstep submit - --no-calibration --json", text).rc == 0);
  const auto lock = Workspace(cli.workspace()).lock();
  cli.wait_until([&] { return !supervisor_of(lock, "tiny"); }, "the supervisor's end");
  CHECK_THAT(pasted(cli, "lockstep plan -", "lockstep: 2\n").err, Contains("<stdin>:1:11"));

  const auto misspelt = cli.run({"run", "tinny"});
  CHECK(misspelt.rc == 2);
  CHECK_THAT(misspelt.err, Contains("did you mean 'tiny'?"));
}

TEST_CASE("--plain: one record per line, as many fields in each, no tab inside of one") {
  test::Cli cli;
  const auto spec = cli.spec(2, 2);
  const auto runs = cli.json({"plan", spec, "--json"}).at("runs");
  const std::string one = runs.at(0).at("id"), other = runs.at(3).at("id");
  cli.behave(one + " abort\n* ok\n");
  REQUIRE(cli.run(quick("run", spec)).rc == 3);
  const auto check = [&](const std::vector<std::string>& words, std::size_t lines, int tabs) {
    const auto result = cli.run(words);
    CHECK((result.rc == 0 || words[0] == "doctor"));
    std::istringstream in(result.out);
    std::size_t count = 0;
    for (std::string line; std::getline(in, line); ++count)
      CHECK(std::count(line.begin(), line.end(), '\t') == tabs);
    CHECK(result.out.find('\033') == std::string::npos);
    if (lines > 0) CHECK(count == lines);
    return result.out;
  };
  CHECK_THAT(check({"plan", spec, "--plain"}, 4, 5), Contains("\tfailed\tlocal_sgd H=1\t1\t"));
  CHECK_THAT(check({"status", "tiny", "--plain"}, 4, 8),
             Contains("tiny\t" + one + "\t") && Contains("exit 70"));
  CHECK(check({"status", "--plain"}, 4, 8) == check({"status", "tiny", "--plain"}, 4, 8));
  CHECK_THAT(check({"diff", one, other, "--plain"}, 0, 3), Contains("configuration\tH\t1\t2\n"));
  CHECK_THAT(check({"why", one, "--plain"}, 0, 1), Contains("run\t" + one + "\n"));
  check({"gc", "--plain"}, 0, 3);
  check({"doctor", "--plain"}, 0, 3);
  for (const char* command : {"status", "doctor", "gc"})
    CHECK(cli.run({command, "--plain", "--json"}).rc == 2);
}
