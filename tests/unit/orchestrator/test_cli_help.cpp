#include <catch2/catch.hpp>

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
  for (const char* command : {"plan", "run", "submit", "cancel", "logs", "why", "diff", "gc",
                              "status", "resume", "report", "import", "calibrate", "doctor",
                              "schema", "db", "export", "reference", "completion"}) {
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

TEST_CASE("the version") {
  CHECK_THAT(test::Cli().run({"--version"}).out, Catch::StartsWith("lockstep "));
}

TEST_CASE("schema prints JSON") { CHECK(test::Cli().run({"schema"}).out.front() == '{'); }
