// What leaves a workspace: garbage, and runs that a spec no longer asks for.
#include <signal.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "results/record/workspace.hpp"
#include "tests/support/checkpoint_files.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;
using Catch::Contains;
namespace fs = std::filesystem;
using States = std::map<std::string, int>;

namespace {
std::vector<std::string> quick(const std::string& spec, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"run", spec, "--no-report", "--no-calibration"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void write(const fs::path& path, double age_hours = 0) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "something";
  const auto age = std::chrono::seconds(static_cast<long>(age_hours * 3600));
  fs::last_write_time(path, fs::file_time_type::clock::now() - age);
}

/// Every file of the workspace -> its bytes; the index and the lock change as they like.
std::map<std::string, std::string> files_of(const test::Cli& cli) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(cli.workspace())) {
    if (entry.is_regular_file()) files[entry.path().string()] = read_file(entry.path());
  }
  return files;
}

std::set<std::string> kinds(const nlohmann::json& answer) {
  std::set<std::string> kinds;
  for (const auto& item : answer.at("items")) kinds.insert(item.at("kind").get<std::string>());
  return kinds;
}

std::vector<RunDirectory> runs_of(const test::Cli& cli) {
  std::vector<RunDirectory> runs;
  for (const auto& entry : fs::directory_iterator(cli.workspace() / "runs"))
    runs.emplace_back(entry.path());
  return runs;
}

States counts(test::Cli& cli, const std::string& study) {
  States states;
  const auto answer = cli.json({"status", study, "--json"});
  for (const auto& [name, count] : answer.at("counts").items()) states[name] = count;
  return states;
}
}  // namespace

TEST_CASE("gc shows first, and deletes only what nobody needs") {
  test::Cli cli;
  cli.behave("* checkpoint ok\n");
  REQUIRE(cli.run(quick(cli.spec(1, 2))).rc == 0);
  const auto runs = runs_of(cli);
  const auto needed = [&] {
    auto files = files_of(cli);
    for (auto it = files.begin(); it != files.end();)
      it = it->first.find("/checkpoints/") != std::string::npos ? files.erase(it) : std::next(it);
    return files;
  }();
  write(cli.workspace() / "lockstep.db-journal", 5);
  write(runs[0].checkpoints() / ".trash-step-1-a1" / "rank0.safetensors");
  write(runs[0].attempt(1) / ".RESULT.tmp-1", 2);
  write(runs[1].attempt(1) / ".RESULT.tmp-2", 0.1);  // its writer may live
  write(cli.workspace() / "runs" / ".trash-0123" / "DONE");
  const auto before = files_of(cli);

  const auto shown = cli.json({"gc", "--json"});
  CHECK(shown.at("format") == 1);
  CHECK(shown.at("deleted") == false);
  CHECK(kinds(shown) == std::set<std::string>{"finished_checkpoint", "temporary", "trash"});
  CHECK(shown.at("items").size() == 5);
  const auto text = cli.run({"gc", "--logs"});
  CHECK_THAT(text.out, Contains("checkpoints of finished runs") && Contains("logs of earlier"));
  CHECK_THAT(text.err, Contains("nothing was deleted") && Contains("gc --logs --yes"));
  CHECK(files_of(cli) == before);

  CHECK(cli.run({"gc", "tiny", "--keep", "1"}).out.find("checkpoints") == std::string::npos);
  CHECK(cli.run({"gc", "--yes"}).rc == 0);
  auto expected = needed;
  for (const fs::path& kept :
       {cli.workspace() / "lockstep.db-journal", runs[1].attempt(1) / ".RESULT.tmp-2"})
    expected[kept.string()] = "something";
  CHECK(files_of(cli) == expected);
  fs::remove(cli.workspace() / "lockstep.db-journal");
  CHECK_THAT(cli.run({"gc", "--yes"}).err, Contains("nothing to delete"));
  CHECK(cli.run({"gc", "--logs", "--yes"}).rc == 0);
  CHECK(cli.starts() == 2);  // the newest log of each
  CHECK(cli.run({"import"}).rc == 0);
  CHECK(cli.run({"db", "check"}).rc == 0);
  CHECK(cli.states() == States{{"done", 2}});
  CHECK(cli.run({"gc", "nosuch"}).rc == 2);
}

TEST_CASE("an unfinished run keeps its last two good checkpoints, and newer bad ones") {
  test::Cli cli;
  cli.behave("* abort\n");
  REQUIRE(cli.run(quick(cli.spec(1, 1))).rc == 3);
  const RunDirectory run = runs_of(cli).front();
  for (const std::int64_t step : {10, 20, 30, 40, 50})
    test::write_checkpoint(run.checkpoint({step, 1}), {"abc", "def"});
  std::ofstream(run.checkpoint({50, 1}) / "rank1.safetensors") << "dXf";
  std::ofstream(run.checkpoint({30, 1}) / "rank0.safetensors") << "Xbc";
  REQUIRE(cli.run({"gc", "--yes"}).rc == 0);
  std::set<std::int64_t> left;
  for (const CheckpointName& name : run.checkpoint_names()) left.insert(name.step);
  CHECK(left == std::set<std::int64_t>{20, 30, 40, 50});
}

TEST_CASE("an unfinished run keeps what its trainer keeps: the best, and every so many steps") {
  test::Cli cli;
  cli.behave("* abort\n");
  REQUIRE(cli.run(quick(cli.spec(1, 1))).rc == 3);
  const RunDirectory run = runs_of(cli).front();
  const Retention keep{.last = 2, .every_steps = 40, .best = true};
  for (const std::int64_t step : {10, 20, 30, 40, 50, 60, 70})
    test::write_checkpoint(run.checkpoint({step, 1}), {"abc"}, {step, step == 20 ? 0.9 : 0.8},
                           keep);
  const auto left = [&] {
    std::set<std::int64_t> steps;
    for (const CheckpointName& name : run.checkpoint_names()) steps.insert(name.step);
    return steps;
  };
  REQUIRE(cli.run({"gc", "--yes"}).rc == 0);
  CHECK(left() == std::set<std::int64_t>{20, 40, 60, 70});
  CHECK(cli.json({"gc", "--json"}).at("items").empty());
  CHECK_THAT(cli.run({"why", run.id()}).out, Contains("validation accuracy 90.0 % at step 20"));
  // A later attempt that keeps less.
  test::write_checkpoint(run.checkpoint({80, 2}), {"abc"}, {80, 0.7}, {.best = false});
  REQUIRE(cli.run({"gc", "--yes"}).rc == 0);
  CHECK(left() == std::set<std::int64_t>{70, 80});
}

TEST_CASE("what somebody works on is left alone as a whole") {
  test::Cli cli;
  cli.behave("* checkpoint ok\n");
  REQUIRE(cli.run(quick(cli.spec(1, 1))).rc == 0);
  const RunDirectory run = runs_of(cli).front();
  {
    // A fenced attempt that has not yet noticed.
    auto zombie =
        Process::start({.argv = {"/bin/sh", "-c", "sleep 60", "--run-dir", run.path().string()},
                        .environment = {},
                        .directory = {}});
    CHECK(cli.json({"gc", "--json"}).at("items").empty());
  }
  const auto claim = run.attempts() / "7.claim";
  std::ofstream(claim) << "token\nelsewhere 12\n";  // its first heartbeat is not to be seen yet
  CHECK(cli.json({"gc", "--json"}).at("items").empty());
  std::filesystem::remove(claim);
  CHECK(cli.json({"gc", "--json"}).at("items").size() == 1);

  test::Cli other;
  other.behave("* hang\n");
  auto orchestrator = other.start(quick(other.spec(1, 1)));
  other.wait_for_heartbeat();
  CHECK(other.run({"gc"}).rc == 0);
  const auto refused = other.run({"gc", "--yes"});
  CHECK(refused.rc == 5);
  CHECK_THAT(refused.err, Contains("in use by `lockstep run`"));
  orchestrator.signal(SIGINT);
  REQUIRE(orchestrator.wait(30).has_value());
}

TEST_CASE("gc killed at odd moments and called again") {
  test::Cli cli;
  cli.behave("* checkpoint ok\n");
  REQUIRE(cli.run(quick(cli.spec(1, 2))).rc == 0);
  const auto all = files_of(cli);
  for (const RunDirectory& run : runs_of(cli)) {
    for (int step = 1; step <= 150; ++step)
      test::write_checkpoint(run.checkpoint({step, 1}), {"abc", "def", "ghi"});
  }
  for (int moment = 0; moment < 8; ++moment) {
    auto gc = cli.start({"gc", "--yes"});
    std::this_thread::sleep_for(std::chrono::milliseconds(4 + 3 * moment));
    gc.signal(SIGKILL);
    REQUIRE(gc.wait(10).has_value());
  }
  REQUIRE(cli.run({"gc", "--yes"}).rc == 0);
  CHECK(cli.json({"gc", "--json"}).at("items").empty());
  for (const auto& [path, bytes] : all) {
    if (path.find("/checkpoints/") == std::string::npos) CHECK(read_file(path) == bytes);
  }
  CHECK(cli.states() == States{{"done", 2}});
}

TEST_CASE("a spec edited mid-study: additions join, only --prune takes runs out") {
  test::Cli cli;
  REQUIRE(cli.run(quick(cli.spec(2, 1))).rc == 0);
  const auto narrow = cli.spec(1, 2);  // one seed more, one H less
  const auto kept = cli.run(quick(narrow));
  CHECK(kept.rc == 0);
  CHECK_THAT(kept.err, Contains("1 run of earlier plans stays") && Contains("--prune"));
  CHECK(counts(cli, "tiny") == States{{"done", 3}});
  const Workspace workspace(cli.workspace());
  CHECK(workspace.plans("tiny").size() == 2);

  const auto pruned = cli.run({"run", narrow, "--no-calibration", "--prune"});
  CHECK(pruned.rc == 0);
  CHECK_THAT(pruned.err, Contains("1 run of earlier plans or added seeds left the study") &&
                             Contains("gc --orphans --yes"));
  CHECK(counts(cli, "tiny") == States{{"done", 2}});
  CHECK(workspace.plans("tiny").size() == 1);
  CHECK(cli.starts() == 3);
  CHECK(cli.run({"db", "check"}).rc == 0);
  const auto report = cli.run({"report", "tiny", "--print", "csv"}).out;
  CHECK(cli.run({"db", "rebuild"}).rc == 0);
  CHECK(cli.run({"report", "tiny", "--print", "csv"}).out == report);

  REQUIRE(cli.run(quick(cli.spec(2, 1))).rc == 0);  // it comes back, and nothing is trained again
  CHECK(cli.starts() == 3);
  CHECK(counts(cli, "tiny") == States{{"done", 3}});
}

TEST_CASE("runs of no plan go with --orphans, those of another study stay") {
  test::Cli cli;
  REQUIRE(cli.run(quick(cli.spec(3, 1))).rc == 0);
  std::string text = read_file(cli.spec(2, 1));
  text.replace(text.find("study: tiny"), 11, "study: other");
  std::ofstream(cli.folder() / "other.yaml") << text;
  REQUIRE(cli.run(quick((cli.folder() / "other.yaml").string())).rc == 0);
  REQUIRE(cli.run(quick(cli.spec(1, 1), {"--prune"})).rc == 0);
  CHECK(cli.starts() == 3);

  CHECK(cli.json({"gc", "--json"}).at("items").empty());
  CHECK(cli.json({"gc", "--orphans", "--json"}).at("items").size() == 1);
  CHECK(cli.run({"gc", "tiny", "--orphans"}).rc == 2);
  CHECK_THAT(cli.run({"gc", "--orphans"}).err, Contains("gc --orphans --yes"));
  CHECK(runs_of(cli).size() == 3);
  REQUIRE(cli.run({"gc", "--orphans", "--yes"}).rc == 0);
  CHECK(runs_of(cli).size() == 2);
  CHECK(counts(cli, "tiny") == States{{"done", 1}});
  CHECK(counts(cli, "other") == States{{"done", 2}});
  CHECK(cli.run({"import"}).rc == 0);
  CHECK(cli.run({"db", "check"}).rc == 0);

  const auto plan = Workspace(cli.workspace()).plans("other").front();
  std::ofstream(plan) << "garbage";
  CHECK(cli.run({"gc", "--orphans"}).rc == 6);
  CHECK(cli.run({"gc"}).rc == 0);

  // Moved away, as the message says, it leaves its runs to nobody: not before they are asked for.
  fs::rename(plan, cli.folder() / "damaged");
  const auto refused = cli.run({"gc", "--orphans"});
  CHECK(refused.rc == 6);
  CHECK_THAT(refused.err, Contains("`lockstep run other`"));
  REQUIRE(cli.run(quick((cli.folder() / "other.yaml").string())).rc == 0);
  CHECK(cli.json({"gc", "--orphans", "--json"}).at("items").empty());
}
