// logs, why, diff: what people ask about runs.
#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"
#include "results/record/workspace.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;
using Catch::Contains;

namespace {
const std::vector<std::string> kQuick{"--no-report", "--no-calibration"};

std::vector<std::string> quick(const std::string& command, const std::string& what) {
  return {command, what, kQuick[0], kQuick[1]};
}

std::string id_of(test::Cli& cli, const std::string& spec, std::size_t index) {
  return cli.json({"plan", spec, "--json"}).at("runs").at(index).at("id").get<std::string>();
}
}  // namespace

TEST_CASE("logs of a run, of an attempt, of a study's failures") {
  test::Cli cli;
  const auto spec = cli.spec(1, 2);
  const auto good = id_of(cli, spec, 0), bad = id_of(cli, spec, 1);
  cli.behave(good + " checkpoint ok\n* abort\n");
  REQUIRE(cli.run(quick("run", spec)).rc == 3);

  const auto newest = cli.run({"logs", good.substr(0, 6)});
  CHECK(newest.rc == 0);
  CHECK(newest.out == "fake trainer: ok\n");
  CHECK_THAT(newest.err, Contains(good.substr(0, 12) + ", attempt 2") && Contains("launch/"));
  CHECK(cli.run({"logs", good, "--attempt", "1"}).out == "fake trainer: checkpoint\n");
  const auto missing = cli.run({"logs", good, "--attempt", "9"});
  CHECK(missing.rc == 2);
  CHECK_THAT(missing.err, Contains("no attempt 9; it has had 2"));

  const auto study = cli.run({"logs", "tiny"});
  CHECK(study.rc == 0);
  CHECK(study.out == "fake trainer: abort\nthe fake trainer was told to abort\n");
  CHECK_THAT(study.err, Contains(bad.substr(0, 12)) && !Contains(good.substr(0, 12)));
  CHECK(cli.run({"logs", "tiny", "-n", "1"}).out == "the fake trainer was told to abort\n");
  const auto json = cli.json({"logs", "tiny", "--json"});
  CHECK(json.at("format") == 1);
  CHECK_THAT(json.at("logs").at(0).at("text").get<std::string>(), Contains("told to abort"));

  CHECK_THAT(cli.run({"logs", "tny"}).err, Contains("did you mean 'tiny'?"));
  CHECK(cli.run({"logs", "tny"}).rc == 2);
  CHECK(cli.run({"logs", "ffffffffff"}).rc == 2);
  CHECK(cli.run({"logs", "tiny", "-f"}).rc == 2);  // it was not submitted
}

TEST_CASE("logs -f follows a run over its attempts to its end") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  const auto id = id_of(cli, spec, 0);
  cli.behave("* hang ok\n");
  REQUIRE(cli.run({"submit", spec, kQuick[0], kQuick[1]}).rc == 0);
  cli.wait_for_heartbeat();
  auto follower = cli.start({"logs", id.substr(0, 8), "-f"});
  cli.wait_until([&] { return cli.background_output().find("hang\n") != std::string::npos; },
                 "the first attempt's log");
  const auto pids = processes_in(Workspace(cli.workspace()).run(id).path().string());
  REQUIRE(pids.size() == 1);
  ::kill(static_cast<pid_t>(pids[0]), SIGTERM);  // it checkpoints and is started again
  const auto end = follower.wait(30);
  REQUIRE(end.has_value());
  CHECK(end->code == 0);
  CHECK_THAT(cli.background_output(), Contains("fake trainer: hang\n") &&
                                          Contains("fake trainer: ok\n") &&
                                          Contains(id.substr(0, 12) + ": done\n"));
  const auto lock = Workspace(cli.workspace()).lock();
  cli.wait_until([&] { return !supervisor_of(lock, "tiny"); }, "the supervisor's end");
  const auto study = cli.run({"logs", "tiny", "-f"});  // what it said is still there to be read
  CHECK(study.rc == 0);
  CHECK_THAT(study.out, Contains("[1/1] done"));
}

TEST_CASE("Ctrl-C ends following, not the run") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  cli.behave("* hang ok\n");
  REQUIRE(cli.run({"submit", spec, kQuick[0], kQuick[1]}).rc == 0);
  cli.wait_for_heartbeat();
  auto follower = cli.start({"logs", id_of(cli, spec, 0), "-f"});
  cli.wait_until([&] { return cli.background_output().find("hang\n") != std::string::npos; },
                 "the log");
  follower.signal(SIGINT);
  const auto end = follower.wait(30);
  REQUIRE(end.has_value());
  CHECK(end->code == 130);
  CHECK(cli.states() == std::map<std::string, int>{{"running", 1}});
  CHECK(cli.run({"cancel", "tiny"}).rc == 0);
}

TEST_CASE("why: how a run came to its state, and what comes next") {
  test::Cli cli;
  const auto spec = cli.spec(1, 3);
  const auto done = id_of(cli, spec, 0), failed = id_of(cli, spec, 1), lost = id_of(cli, spec, 2);
  cli.behave(done + " checkpoint crash ok\n" + failed + " checkpoint abort\n" + lost + " exit69\n");
  REQUIRE(cli.run(quick("run", spec)).rc == 3);

  const auto told = cli.run({"why", done.substr(0, 8)});
  CHECK(told.rc == 0);
  CHECK_THAT(told.out,
             Contains(done) && Contains("seed=1") && Contains("study tiny") &&
                 Contains("attempt 1") && Contains("checkpointed (exit 75)") &&
                 Contains("attempt 2") &&
                 Contains("killed by signal 9 (often: out of memory; see dmesg) (exit 137)") &&
                 Contains("attempt 3") && Contains("nothing: it has its result"));
  const auto bad = cli.run({"why", failed.substr(0, 8)}).out;
  CHECK_THAT(bad, Contains("state       failed: internal error of the trainer (exit 70)") &&
                      Contains("leaves it alone") && Contains("resume tiny") && Contains("log: "));
  const auto blocked = cli.run({"why", lost}).out;
  CHECK_THAT(blocked, Contains("start 1") && Contains("claimed no attempt") &&
                          Contains("once what is missing is there"));
  const auto json = cli.json({"why", failed, "--json"});
  CHECK(json.at("format") == 1);
  CHECK(json.at("state") == "failed");
  CHECK(json.at("executions").size() == 2);
  CHECK(json.at("executions").at(1).at("exit_code") == 70);

  CHECK(cli.run({"cancel", "tiny", lost}).rc == 0);
  CHECK_THAT(cli.run({"why", lost}).out, Contains("cancelled: on request"));
  CHECK(cli.run({"why", "nothex"}).rc == 2);
}

TEST_CASE("why and logs: a damaged plan of one study does not hide the runs of others") {
  test::Cli cli;
  const auto spec = cli.spec(1, 2);
  const auto both = id_of(cli, spec, 0), one = id_of(cli, spec, 1);
  REQUIRE(cli.run(quick("run", spec)).rc == 0);
  std::string text = read_file(cli.spec(1, 1));
  text.replace(text.find("study: tiny"), 11, "study: other");
  std::ofstream(cli.folder() / "other.yaml") << text;
  REQUIRE(cli.run(quick("run", (cli.folder() / "other.yaml").string())).rc == 0);
  CHECK_THAT(cli.run({"why", both}).out, Contains("studies other, tiny"));
  CHECK_THAT(cli.run({"why", one}).out, Contains("study tiny"));
  CHECK(cli.json({"why", both, "--json"}).at("other_studies") == nlohmann::json({"tiny"}));

  std::ofstream(Workspace(cli.workspace()).plans("tiny").front()) << "garbage";
  const auto told = cli.run({"why", both});
  CHECK(told.rc == 0);
  CHECK_THAT(told.err, Contains("study tiny is left out") && Contains("damaged"));
  CHECK_THAT(told.out, Contains("study other"));
  CHECK_THAT(cli.run({"why", one}).out, Contains("no plan that can be read; those of tiny cannot"));
  CHECK(cli.run({"logs", both}).rc == 0);
  CHECK(cli.run({"diff", both, one}).rc == 0);
}

TEST_CASE("diff: the seed alone, another parameter, nothing") {
  test::Cli cli;
  const auto spec = cli.spec(2, 2);
  REQUIRE(cli.run(quick("run", spec)).rc == 0);
  std::map<std::string, std::string> by;  // "H seed" -> id
  const auto plan = cli.json({"plan", spec, "--json"});
  for (const auto& run : plan.at("runs")) {
    by[run.at("config").at("H").dump() + " " + run.at("config").at("seed").dump()] = run.at("id");
  }
  const auto verdict = [&](const std::string& a, const std::string& b) {
    const auto result = cli.run({"diff", by.at(a), by.at(b).substr(0, 10)});
    CHECK(result.rc == 0);
    return result.out;
  };
  CHECK_THAT(verdict("1 1", "1 2"), Contains("the configurations differ only in seed\n") &&
                                        Contains("provenance: the same"));
  CHECK_THAT(verdict("1 1", "2 1"), Contains("differ only in H\n"));
  CHECK_THAT(verdict("1 1", "2 2"), Contains("differ in 2 parameters\n"));
  const auto same = verdict("1 1", "1 1");
  CHECK_THAT(same, Contains("the configurations are the same\n") && Contains("outcome: the same"));
  CHECK_THAT(cli.run({"diff", by["1 1"], by["1 2"], "--all"}).out, Contains("dataset"));
  const auto json = cli.json({"diff", by["1 1"], by["1 2"], "--json"});
  CHECK(json.at("format") == 1);
  CHECK(json.at("configuration").size() == 1);
  CHECK(json.at("configuration").at(0) ==
        nlohmann::json{{"name", "seed"}, {"left", "1"}, {"right", "2"}});
  CHECK(cli.run({"diff", by["1 1"], "zzzz"}).rc == 2);
}
