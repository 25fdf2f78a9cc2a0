#include <catch2/catch.hpp>
#include <random>

#include "orchestrator/launch/command_runner.hpp"
#include "orchestrator/launch/dry_run_launcher.hpp"
#include "orchestrator/launch/sbatch_script.hpp"
#include "tests/support/golden.hpp"

using namespace lockstep;

namespace {
SbatchRequest example() {
  return {.token = "ls-quickstart-1a2b3c4d",
          .manifest = "/w/studies/quickstart/submissions/m1",
          .trainer = "/opt/lockstep/lockstep-train",
          .runs = 36,
          .processes = 4,
          .cpus_per_task = 2,
          .gpus_per_node = 4,
          .throttle = 16,
          .partition = "gpu",
          .account = "ml",
          .qos = "normal",
          .time = "04:00:00",
          .constraint = "a100|h100"};
}

/// Every text field of a request, to put something hostile into each.
const std::vector<std::string SbatchRequest::*> kFields{
    &SbatchRequest::token, &SbatchRequest::manifest,  &SbatchRequest::trainer,
    &SbatchRequest::mpi,   &SbatchRequest::partition, &SbatchRequest::account,
    &SbatchRequest::qos,   &SbatchRequest::time,      &SbatchRequest::constraint};
}  // namespace

TEST_CASE("the job script is constant and bash accepts it") {
  test::check_golden("orchestrator/job_script.sh", sbatch_script());
  ProcessRunner runner;
  const auto result = runner.run({.argv = {"bash", "-n"},
                                  .input = sbatch_script(),
                                  .directory = {},
                                  .environment = {},
                                  .deadline_s = 30});
  CHECK(result.err == "");
  CHECK(result.ok());
}

TEST_CASE("the sbatch command line") {
  test::check_golden("orchestrator/sbatch_argv.txt", command_line(sbatch_argv(example())) + "\n");
}

TEST_CASE("what is not asked for is not passed") {
  const auto argv = sbatch_argv({.token = "t", .manifest = "/m", .trainer = "/t"});
  for (const std::string& word : argv) {
    for (const char* absent :
         {"--partition", "--account", "--qos", "--time", "--constraint", "--gpus"}) {
      CHECK(word.rfind(absent, 0) != 0);
    }
  }
}

TEST_CASE("hostile text in any field is refused, whatever the field") {
  const std::vector<std::string> hostile{"a\nb",
                                         "x;touch canary",
                                         "$(touch canary)",
                                         "`touch canary`",
                                         "a b",
                                         "--wrap=touch",
                                         "a\"b",
                                         "a'b",
                                         std::string("a\0b", 3),
                                         "a\x1b[2J",
                                         "\xe2\x80\xae",
                                         ">canary",
                                         "../../etc/passwd",
                                         "~root",
                                         "a\\b",
                                         "%x"};
  for (const auto field : kFields) {
    for (const std::string& text : hostile) {
      SbatchRequest request = example();
      request.*field = text;
      CAPTURE(text);
      CHECK_THROWS_AS(sbatch_argv(request), LaunchError);
    }
  }
}

TEST_CASE("random bytes never change the number of words") {
  std::mt19937 random(7);
  const auto usual = sbatch_argv(example()).size();
  for (int i = 0; i < 2000; ++i) {
    SbatchRequest request = example();
    std::string text;
    for (auto n = random() % 12; n > 0; --n) text += static_cast<char>(random() % 256);
    const auto field = kFields[random() % kFields.size()];
    request.*field = text;
    try {
      const auto argv = sbatch_argv(request);
      CHECK(argv.size() >= usual - 1);  // an empty field is left out
      CHECK(argv.size() <= usual);
      for (const std::string& word : argv) CHECK(word.find('\n') == std::string::npos);
    } catch (const LaunchError&) {
    }
  }
}
