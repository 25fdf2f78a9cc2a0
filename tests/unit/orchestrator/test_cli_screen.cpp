// What plan and status look like in a pipe, on a narrow terminal, with and without colours: whole
// screens as golden files. The terminals are real ones, made by script(1).
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/golden.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;
namespace fs = std::filesystem;

namespace {
std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

/// Without what differs from machine to machine: folders, tokens, carriage returns of terminals.
std::string stable(const test::Cli& cli, std::string text) {
  text = replaced(text, "\r", "");
  text = replaced(text, fs::absolute(test::lockstep_program()).string(), "lockstep");
  text = replaced(text, test::lockstep_program(), "lockstep");
  text = replaced(text, cli.folder().string(), "DIR");
  for (std::size_t at = 0; (at = text.find("/launch/ls-", at)) != std::string::npos; ++at) {
    const std::size_t from = at + 8, end = text.find(".log", at);
    if (end != std::string::npos) text.replace(from, end - from, "TOKEN");
  }
  return text;
}

/// stdout and stderr as a terminal of that many columns shows them.
std::string on_terminal(test::Cli& cli, const std::string& words, int columns,
                        std::map<std::string, std::string> more) {
  auto environment = cli.environment;
  environment["TERM"] = "xterm-256color";
  environment["NO_COLOR"] = "";
  for (auto& [name, value] : more) environment[name] = value;
  const std::string command = "stty cols " + std::to_string(columns) + " rows 24; exec " +
                              fs::absolute(test::lockstep_program()).string() + " " + words;
  ProcessRunner runner;
  const auto result = runner.run({.argv = {"script", "-qec", command, "/dev/null"},
                                  .input = "",
                                  .directory = cli.folder(),
                                  .environment = environment,
                                  .deadline_s = 60});
  CHECK(result.rc == 0);
  return stable(cli, result.out);
}

/// Two runs done, one failed, one diverged.
void prepare(test::Cli& cli) {
  const auto ids = cli.json({"plan", cli.spec(2, 2), "--json"}).at("runs");
  cli.behave(ids[0].at("id").get<std::string>() + " abort\n" + ids[3].at("id").get<std::string>() +
             " diverge\n");
  REQUIRE(cli.run({"run", "tiny.yaml", "--no-report", "--no-calibration"}).rc == 3);
}
}  // namespace

TEST_CASE("screens: a pipe gets whole lines and no escape codes") {
  test::Cli cli;
  prepare(cli);
  std::string text;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"plan", "tiny.yaml"}, {"status", "tiny", "-a"}}) {
    const auto result = cli.run(words);
    text += "$ lockstep " + words[0] + "\n" + result.out + "--- stderr\n" + result.err;
  }
  CHECK(text.find('\033') == std::string::npos);
  test::check_golden("orchestrator/screen-pipe.txt", stable(cli, text));
}

TEST_CASE("screens: forty columns, with colours, with NO_COLOR, on a dumb terminal") {
  test::Cli cli;
  prepare(cli);
  const std::string narrow =
      on_terminal(cli, "plan tiny.yaml", 40, {}) + on_terminal(cli, "status tiny -a", 40, {});
  test::check_golden("orchestrator/screen-40.txt", narrow);
  const std::string no_color = on_terminal(cli, "status tiny -a", 40, {{"NO_COLOR", "1"}});
  CHECK(no_color.find('\033') == std::string::npos);
  CHECK(on_terminal(cli, "status tiny -a", 40, {{"TERM", "dumb"}}) == no_color);
  CHECK(on_terminal(cli, "status tiny -a --no-color", 40, {}) == no_color);
  test::check_golden("orchestrator/screen-40-plain.txt", no_color);
}
