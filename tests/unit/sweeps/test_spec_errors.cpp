// Every way to write a bad spec that we know of, with the whole text that the user gets.
// tests/golden/sweeps/spec_errors.in: cases, each behind a line `### name`.
#include <yaml-cpp/exceptions.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/support/golden.hpp"
#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
struct Case {
  std::string name;
  std::string text;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  std::istringstream lines(read_file("tests/golden/sweeps/spec_errors.in"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("### ")) {
      all.push_back({line.substr(4), ""});
    } else {
      all.back().text += line + "\n";
    }
  }
  return all;
}
}  // namespace

TEST_CASE("bad specs get the messages of the golden file") {
  std::string all;
  for (const Case& one : cases()) {
    all.append("### ").append(one.name).append("\n");
    all += render(parsed(one.text).diagnostics, "spec.yaml", one.text);
  }
  check_golden("sweeps/spec_errors.txt", all);
}

TEST_CASE("there are at least sixty bad specs, and each is refused") {
  const auto all = cases();
  CHECK(all.size() >= 60);
  for (const Case& one : all) {
    INFO(one.name);
    CHECK_FALSE(parsed(one.text).ok());
    CHECK(parsed(one.text).plan.runs.empty());
  }
}

TEST_CASE("every diagnostic points into the text and has a hint") {
  for (const Case& one : cases()) {
    const auto lines = std::count(one.text.begin(), one.text.end(), '\n') + 1;
    for (const Diagnostic& diagnostic : parsed(one.text).diagnostics) {
      INFO(one.name << ": " << diagnostic.message);
      CHECK(diagnostic.line >= 1);
      CHECK(diagnostic.line <= lines);
      CHECK(diagnostic.column >= 1);
      CHECK(diagnostic.length >= 1);
      CHECK_FALSE(diagnostic.message.empty());
      CHECK_FALSE(diagnostic.hint.empty());
    }
  }
}

TEST_CASE("no words of the YAML parser reach the user") {
  namespace Words = YAML::ErrorMsg;
  const auto golden = read_file("tests/golden/sweeps/spec_errors.txt");
  for (const std::string words :
       {Words::END_OF_MAP, Words::END_OF_MAP_FLOW, Words::END_OF_SEQ_FLOW, Words::EOF_IN_SCALAR,
        Words::UNKNOWN_TOKEN, Words::MAP_VALUE, Words::UNKNOWN_ANCHOR, Words::BAD_FILE,
        Words::TAB_IN_INDENTATION, Words::INVALID_ESCAPE, Words::CHAR_IN_SCALAR}) {
    INFO(words);
    CHECK(golden.find(words) == golden.npos);
  }
  CHECK(golden.find("yaml-cpp") == golden.npos);
}

TEST_CASE("what follows from a mistake is not reported as another one") {
  // Each has one mistake in a place on which others depend: the row, the length of training, a
  // condition.
  for (const char* lines :
       {"base: {algorithm: slomo, model: mlp, dataset: synthetic, epochs: 1, H: 4}",
        "base: {algorithm: sync_sgd, model: mlp, dataset: synthetic, epochs: x}",
        "base: {algorithm: sync_sgd, model: mlp, dataset: synthetic, epoch: 3}",
        "base: {algorithm: sync_sgd, model: mlp, dataset: synthetic, epochs: 1, lr_schedule: x, "
        "lr_decay: 0.5}",
        "base: {algoritm: sync_sgd, model: mlp, dataset: synthetic, epochs: 3}",
        "base: {algorithm: sync_sgd, model: mlp, dataset: synthetic}\ngrid: {epochz: [1, 2]}",
        "base: 3\nvariants: [{algorithm: sync_sgd}]"}) {
    const std::string text = std::string("lockstep: 1\nstudy: t\n") + lines + "\n";
    const auto diagnostics = parsed(text).diagnostics;
    INFO(render(diagnostics, "t.yaml", text));
    CHECK(diagnostics.size() == 1);
  }
}

TEST_CASE("a mistake in a hundred runs is told once") {
  const std::string lines =
      "base: {model: mlp, dataset: synthetic, epochs: 1, H: 4}\n"
      "grid: {seed: {range: [1, 100, 1]}}\n"
      "variants: [{algorithm: sync_sgd}]\n";
  CHECK(parsed("lockstep: 1\nstudy: t\n" + lines).diagnostics.size() == 1);
}
