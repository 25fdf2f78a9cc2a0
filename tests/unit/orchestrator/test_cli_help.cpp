#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>

#include "orchestrator/launch/process.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;

TEST_CASE("help texts") {
  test::Cli cli;
  const auto result = cli.run({"--help"});
  CHECK(result.rc == 0);
  CHECK(result.err == "");
  test::check_golden("orchestrator/help.txt", result.out);
}

TEST_CASE("help text of every command, with an example") {
  for (const char* command :
       {"plan",   "run",    "submit", "cancel",    "logs",       "why",       "diff",
        "gc",     "status", "resume", "report",    "import",     "calibrate", "doctor",
        "schema", "db",     "export", "reference", "completion", "man"}) {
    test::Cli cli;
    const auto result = cli.run({command, "-h"});
    CHECK(result.rc == 0);
    CHECK_THAT(result.out, Catch::Contains("Example"));
    test::check_golden(std::string("orchestrator/help-") + command + ".txt", result.out);
  }
}

TEST_CASE("wrong arguments end with 2 and say what to do; results stay empty") {
  test::Cli cli;
  const std::vector<std::vector<std::string>> wrong{{},
                                                    {"rnu", "x.yaml"},
                                                    {"run"},
                                                    {"run", "--nonsense", "x.yaml"},
                                                    {"plan", "no-such-file.yaml"},
                                                    {"status", "no-such-study"},
                                                    {"status", "../etc"},
                                                    {"report", "no-such-study"},
                                                    {"db", "burn"},
                                                    {"run", "x.yaml", "--slots", "0"},
                                                    {"doctor", "--data", "/no/such/folder"}};
  for (const auto& words : wrong) {
    const auto result = cli.run(words);
    CHECK(result.rc == 2);
    CHECK(result.out == "");
    CHECK(result.err != "");
  }
  CHECK_THAT(cli.run({"rnu", "x"}).err, Catch::Contains("did you mean 'run'?"));
}

TEST_CASE("exit codes: each row of the table by a command that ends with it") {
  test::Cli cli;
  const std::string spec = cli.spec(1, 2);
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--no-calibration", "--no-certificates"});
    return cli.run(words).rc;
  };
  cli.behave("* abort ok\n");
  CHECK(run({"run", spec}) == 3);
  CHECK(cli.run({"status", "tiny"}).rc == 0);  // showing failures is no failure
  CHECK(run({"resume", "tiny"}) == 0);
  CHECK(run({"run", spec}) == 0);  // nothing to do
  std::ofstream(cli.folder() / "bad.yaml") << "lockstep: 1\n";
  CHECK(run({"run", "bad.yaml"}) == 2);
  CHECK(run({"run", spec, "--slots", "x"}) == 2);
  cli.behave("* ok\n");
  cli.environment["LOCKSTEP_TRAIN"] = "/no/such/trainer";
  CHECK(run({"run", cli.spec(2, 2)}) == 5);
  std::ofstream(cli.workspace() / "lockstep.db", std::ios::trunc) << std::string(5000, 'x');
  CHECK(cli.run({"db", "check"}).rc == 6);  // 130: in test_cli_json.cpp, which interrupts a study
}

TEST_CASE("the version") {
  CHECK_THAT(test::Cli().run({"--version"}).out, Catch::StartsWith("lockstep "));
}

TEST_CASE("the manual page has every command and option, and is typeset without a warning") {
  test::Cli cli;
  const std::string page = cli.run({"man"}).out;
  for (const char* words :
       {".SS lockstep run SPEC|STUDY\n", "\\fB\\-\\-add\\-seeds\\fR \\fISEEDS\\fR\n",
        ".SS lockstep man\n", "LOCKSTEP_WORKSPACE", "\\fB130\\fR"})
    CHECK(page.find(words) != std::string::npos);
  if (!find_program("groff")) {
    std::cout << "skipped: there is no groff here\n";
    return;
  }
  std::ofstream(cli.folder() / "lockstep.1") << page;
  ProcessRunner runner;
  const auto typeset = runner.run({.argv = {"groff", "-man", "-Tutf8", "-ww", "lockstep.1"},
                                   .input = "",
                                   .directory = cli.folder(),
                                   .environment = {},
                                   .deadline_s = 60});
  CHECK(typeset.rc == 0);
  CHECK(typeset.err == "");
}

TEST_CASE("schema prints JSON") { CHECK(test::Cli().run({"schema"}).out.front() == '{'); }
