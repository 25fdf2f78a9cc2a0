// F9 and F16 of the fault table: the orchestrator killed anywhere, and two of them at once.
#include <signal.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "orchestrator/schedule/machine.hpp"
#include "results/record/run_directory.hpp"
#include "results/record/workspace.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;
namespace fs = std::filesystem;
using States = std::map<std::string, int>;

namespace {
/// `lockstep run` without what comes after the runs.
std::vector<std::string> quick(const std::string& spec) {
  return {"run", spec, "--no-report", "--no-calibration"};
}

void nap(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

bool trainers_alive(const test::Cli& cli) {
  for (const std::string& directory : run_directories_in_use()) {
    if (directory.rfind(cli.workspace().string(), 0) == 0) return true;
  }
  return false;
}

/// Each run has DONE, and its attempts one after the other: none but the last is without an orderly
/// end, except those that were killed.
void check_each_run_done_once(const test::Cli& cli, int runs) {
  int done = 0;
  for (const auto& entry : fs::directory_iterator(cli.workspace() / "runs")) {
    const RunDirectory run(entry.path());
    const auto result = read_result(run.done());
    REQUIRE(result.has_value());
    CHECK(result->reason == EndReason::done);
    int finished = 0;
    for (const int attempt : run.claimed_attempts()) {
      const auto end = read_result(run.result(attempt));
      finished += end && end->reason == EndReason::done ? 1 : 0;
    }
    CHECK(finished == 1);
    ++done;
  }
  CHECK(done == runs);
}
}  // namespace

TEST_CASE("kill -9 of the orchestrator mid-study: its trainers end, the same command completes") {
  test::Cli cli;
  cli.behave("* held ok\n");
  const auto spec = cli.spec(2, 2);
  auto orchestrator = cli.start(quick(spec));
  cli.wait_for_heartbeat();
  orchestrator.signal(SIGKILL);
  REQUIRE(orchestrator.wait(10).has_value());
  for (int i = 0; i < 1000 && trainers_alive(cli); ++i) nap(10);
  CHECK_FALSE(trainers_alive(cli));
  CHECK(cli.states().count("done") == 0);

  cli.release();  // those that had not begun
  const auto second = cli.run(quick(spec));
  CHECK(second.rc == 0);
  CHECK_THAT(second.err, Catch::Contains("took over"));
  check_each_run_done_once(cli, 4);
}

TEST_CASE("killed again and again at odd moments, a study completes with one result per run") {
  test::Cli cli;
  const auto spec = cli.spec(4, 3);
  for (int moment = 0; moment < 12; ++moment) {
    auto orchestrator = cli.start(quick(spec));
    nap(7 + 11 * moment);
    orchestrator.signal(SIGKILL);
    REQUIRE(orchestrator.wait(10).has_value());
  }
  REQUIRE(cli.run(quick(spec)).rc == 0);
  check_each_run_done_once(cli, 12);
  CHECK(cli.states() == States{{"done", 12}});
}

TEST_CASE("a second orchestrator is refused while the first one works, and reading goes on") {
  test::Cli cli;
  cli.behave("* held\n");
  const auto spec = cli.spec(1, 1);
  auto first = cli.start(quick(spec));
  cli.wait_for_heartbeat();
  const auto second = cli.run(quick(spec));
  CHECK(second.rc == 5);
  CHECK_THAT(second.err,
             Catch::Contains(std::to_string(first.pid())) && Catch::Contains(host_name()));
  CHECK(cli.states() == States{{"running", 1}});
  cli.release();
  const auto end = first.wait(30);
  REQUIRE(end.has_value());
  CHECK(end->code == 0);
  CHECK(cli.starts() == 1);
}

TEST_CASE("Ctrl-C: runs checkpoint, exit 130 names the command that goes on") {
  test::Cli cli;
  cli.behave("* held ok\n");
  const auto spec = cli.spec(1, 4);
  auto orchestrator = cli.start(quick(spec));
  cli.wait_for_heartbeat();
  orchestrator.signal(SIGINT);
  const auto end = orchestrator.wait(30);
  REQUIRE(end.has_value());
  CHECK(end->code == 130);
  CHECK_THAT(cli.background_output(),
             Catch::Contains("the study goes on with: " + test::lockstep_program() + " run " +
                             spec + " --no-calibration --no-report\n"));
  CHECK_FALSE(trainers_alive(cli));
  const auto states = cli.states();
  CHECK(states.count("resumable") == 1);
  CHECK(states.count("failed") == 0);
  cli.release();  // those that had not begun
  CHECK(cli.run(quick(spec)).rc == 0);
  check_each_run_done_once(cli, 4);
}

TEST_CASE("Ctrl-C twice does not wait for a run that does not listen") {
  test::Cli cli;
  cli.behave("* deaf ok\n");
  const auto spec = cli.spec(1, 1);
  auto orchestrator = cli.start(quick(spec));
  cli.wait_for_heartbeat();
  orchestrator.signal(SIGINT);
  orchestrator.signal(SIGTERM);  // with it, as timeout(1) sends them: no second wish
  nap(700);
  CHECK_FALSE(orchestrator.poll().has_value());
  orchestrator.signal(SIGINT);
  const auto end = orchestrator.wait(30);
  REQUIRE(end.has_value());
  CHECK(end->code == 130);
  CHECK(cli.states() == States{{"resumable", 1}});
  CHECK(cli.run(quick(spec)).rc == 0);
}

TEST_CASE("a trainer that survives its orchestrator is waited for, not doubled") {
  test::Cli cli;
  cli.behave("* slow\n");
  const auto spec = cli.spec(1, 1);
  const auto id = cli.json({"plan", spec, "--json"}).at("runs").at(0).at("id").get<std::string>();
  REQUIRE(cli.run({"run", spec, "--dry-run"}).rc == 0);
  const Workspace workspace(cli.workspace());
  workspace.run(id).create(cli.json({"plan", spec, "--json"}).at("runs").at(0).at("config").dump());
  fs::create_directories(workspace.run(id).path() / "launch");
  auto left_behind =
      Process::start({.argv = {std::getenv("LOCKSTEP_TRAIN"), "--run-dir",
                               workspace.run(id).path().string(), "--token", "orphan"},
                      .environment = cli.environment,
                      .directory = {}});
  cli.wait_for_heartbeat();
  CHECK(cli.run(quick(spec)).rc == 0);
  REQUIRE(left_behind.poll().has_value());
  CHECK(workspace.run(id).claimed_attempts() == std::vector<int>{1});
  CHECK(cli.starts() == 0);
}
