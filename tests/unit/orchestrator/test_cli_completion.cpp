// Completion: what lockstep offers at the cursor, and the scripts in the shells that are installed.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <set>
#include <sstream>

#include "orchestrator/launch/process.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;
namespace fs = std::filesystem;
using Set = std::set<std::string>;

namespace {
Set offered(test::Cli& cli, std::vector<std::string> words) {
  words.insert(words.begin(), "__complete");
  const auto result = cli.run(words);
  CHECK(result.rc == 0);
  CHECK(result.err == "");
  Set found;
  std::istringstream in(result.out);
  for (std::string line; std::getline(in, line);) found.insert(line.substr(0, line.find('\t')));
  return found;
}

/// `script` in that shell, with lockstep in PATH.
std::string in_shell(test::Cli& cli, std::vector<std::string> argv) {
  auto environment = cli.environment;
  environment["PATH"] =
      fs::absolute(test::lockstep_program()).parent_path().string() + ":" + std::getenv("PATH");
  environment["HOME"] = cli.folder().string();
  ProcessRunner runner;
  const auto result = runner.run({.argv = std::move(argv),
                                  .input = "",
                                  .directory = cli.folder(),
                                  .environment = environment,
                                  .deadline_s = 60});
  INFO(result.err);
  CHECK(result.rc == 0);
  return result.out;
}

bool missing(const char* shell) {
  if (find_program(shell)) return false;
  std::cout << "skipped: there is no " << shell << " here\n";
  return true;
}
}  // namespace

TEST_CASE("completion: commands, options, values, studies, runs, files") {
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(1, 1), "--no-report", "--no-calibration"}).rc == 0);
  CHECK(offered(cli, {"pl"}) == Set{"plan"});
  CHECK(offered(cli, {""}).count("doctor") == 1);
  CHECK(offered(cli, {"status", "--js"}) == Set{"--json"});
  CHECK(offered(cli, {"status", "--json", "--js"}).empty());  // it is there already
  CHECK(offered(cli, {"status", ""}) == Set{"tiny"});
  CHECK(offered(cli, {"status", "tiny", ""}).empty());
  CHECK(offered(cli, {"export", "tiny", "--what", ""}) ==
        Set{"records", "runs", "cells", "syncs", "bundle"});
  CHECK(offered(cli, {"export", "tiny", "--what", "r"}) == Set{"records", "runs"});
  CHECK(offered(cli, {"db", "b"}) == Set{"backup"});
  CHECK(offered(cli, {"run", ""}) == Set{":files", "tiny"});
  CHECK(offered(cli, {"run", "--add"}) == Set{"--add-seeds"});
  CHECK(offered(cli, {"plan", "tiny", "--add-seeds", "4", "--c"}) == Set{"--cells"});
  CHECK(offered(cli, {"resume", "tiny", "--no-i"}) == Set{"--no-input"});
  CHECK(offered(cli, {"diff", "--pl"}) == Set{"--plain"});
  CHECK(offered(cli, {"run", "--workspace", ""}) == Set{":files"});
  CHECK(offered(cli, {"status", "-w", "nowhere", ""}).empty());
  CHECK(offered(cli, {"nonsense", ""}).empty());
  CHECK(offered(cli, {"completion", ""}) == Set{"bash", "zsh", "fish"});
}

TEST_CASE("completion in bash") {
  if (missing("bash")) return;
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(1, 1), "--no-report", "--no-calibration"}).rc == 0);
  const auto at = [&](const std::string& words, int cursor) {
    return in_shell(cli, {"bash", "--norc", "-c",
                          "eval \"$(lockstep completion bash)\"; COMP_WORDS=(" + words +
                              "); COMP_CWORD=" + std::to_string(cursor) +
                              "; _lockstep; printf '%s\\n' \"${COMPREPLY[@]}\""});
  };
  CHECK(at("lockstep repo", 1) == "report\n");
  CHECK(at("lockstep report ''", 2) == "tiny\n");
  CHECK(at("lockstep run tin", 2) == "tiny\ntiny.yaml\n");
}

TEST_CASE("completion in fish") {
  if (missing("fish")) return;
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(1, 1), "--no-report", "--no-calibration"}).rc == 0);
  const auto at = [&](const std::string& line) {
    return in_shell(cli, {"fish", "--no-config", "-c",
                          "lockstep completion fish | source; complete -C '" + line + "'"});
  };
  CHECK_THAT(at("lockstep repo"), Catch::StartsWith("report\t"));
  CHECK(at("lockstep report ") == "tiny\n");
  CHECK_THAT(at("lockstep run tin"), Catch::Contains("tiny.yaml"));
}

TEST_CASE("completion in zsh") {
  if (missing("zsh")) return;
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(1, 1), "--no-report", "--no-calibration"}).rc == 0);
  // Outside an interactive shell the words are given by hand, and what is described is printed.
  const auto at = [&](const std::string& words, int current) {
    return in_shell(cli,
                    {"zsh", "-f", "-c",
                     "autoload -U compinit && compinit -u -D; eval \"$(lockstep completion "
                     "zsh)\"; [[ $_comps[lockstep] == _lockstep ]] || exit 9; "
                     "_describe() { print -rl -- \"${(@P)2}\" }; _files() { print files }; "
                     "words=(" +
                         words + "); CURRENT=" + std::to_string(current) + "; _lockstep; exit 0"});
  };
  CHECK_THAT(at("lockstep repo", 2), Catch::StartsWith("report:"));
  CHECK(at("lockstep report ''", 3) == "tiny\n");
  CHECK(at("lockstep run ''", 3) == "files\ntiny\n");
}
