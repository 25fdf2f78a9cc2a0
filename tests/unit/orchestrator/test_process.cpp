#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <thread>

#include "orchestrator/launch/command_runner.hpp"
#include "orchestrator/launch/process.hpp"
#include "results/record/run_directory.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;

namespace {
CommandResult sh(const std::string& script, const std::string& input = "", double deadline_s = 30) {
  ProcessRunner runner;
  return runner.run({.argv = {"sh", "-c", script},
                     .input = input,
                     .directory = {},
                     .environment = {},
                     .deadline_s = deadline_s});
}

bool alive(pid_t pid) { return ::kill(pid, 0) == 0; }

bool gone_within(pid_t pid, double seconds) {
  for (int i = 0; i < static_cast<int>(seconds * 100) && alive(pid); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return !alive(pid);
}
}  // namespace

TEST_CASE("a command brings back what it said and how it ended") {
  const auto result = sh("cat; echo problem >&2; exit 3", "hello");
  CHECK(result.out == "hello");
  CHECK(result.err == "problem\n");
  CHECK(result.rc == 3);
  CHECK_FALSE(result.ok());
}

TEST_CASE("much output and much input block nobody") {
  const std::string big(3'000'000, 'x');
  const auto result = sh("cat; cat /dev/null; head -c 2000000 /dev/zero >&2", big);
  CHECK(result.out == big);
  CHECK(result.err.size() == 2'000'000);
}

TEST_CASE("arguments reach the program verbatim") {
  ProcessRunner runner;
  const std::string nasty = "$HOME;`x` \"'\n*";
  const auto result = runner.run({.argv = {"printf", "%s|", nasty, ""},
                                  .input = "",
                                  .directory = {},
                                  .environment = {},
                                  .deadline_s = 30});
  CHECK(result.out == nasty + "||");
}

TEST_CASE("directory and environment are the command's") {
  ProcessRunner runner;
  const test::TempDir temp;
  const auto result = runner.run({.argv = {"sh", "-c", "pwd; echo $LOCKSTEP_TEST_WORD"},
                                  .input = "",
                                  .directory = temp.path(),
                                  .environment = {{"LOCKSTEP_TEST_WORD", "a b"}},
                                  .deadline_s = 30});
  CHECK(result.out == temp.path().string() + "\na b\n");
}

TEST_CASE("a command that takes too long is killed with its children") {
  const auto result = sh("sleep 1000 & echo $!; wait", "", 0.3);
  CHECK(result.timed_out);
  CHECK_FALSE(result.ok());
  CHECK(gone_within(std::stoi(result.out), 5));
}

TEST_CASE("a killed program shows its signal") { CHECK(sh("kill -9 $$").rc == 137); }

TEST_CASE("a program that does not exist is named") {
  ProcessRunner runner;
  CHECK_THROWS_WITH(runner.run({.argv = {"no-such-program-here"},
                                .input = "",
                                .directory = {},
                                .environment = {},
                                .deadline_s = 30}),
                    Catch::Contains("no-such-program-here"));
}

TEST_CASE("a process object kills and reaps what still runs when it goes") {
  pid_t pid = 0;
  {
    const auto process =
        Process::start({.argv = {"sleep", "1000"}, .environment = {}, .directory = {}});
    pid = process.pid();
    CHECK(alive(pid));
  }
  CHECK_FALSE(alive(pid));
}

TEST_CASE("a signal reaches the whole group, and the answer stays") {
  auto process = Process::start(
      {.argv = {"sh", "-c", "sleep 1000; exit 0"}, .environment = {}, .directory = {}});
  CHECK_FALSE(process.wait(0.05).has_value());
  process.signal(SIGTERM);
  const auto exit = process.wait(10);
  REQUIRE(exit.has_value());
  CHECK(exit->signal == SIGTERM);
  CHECK(process.poll() == exit);
}

TEST_CASE("children get SIGTERM when the process that started them is killed") {
  const test::TempDir temp;
  const auto pid_file = temp.path() / "pid";
  const pid_t orchestrator = ::fork();
  REQUIRE(orchestrator >= 0);
  if (orchestrator == 0) {
    const auto child =
        Process::start({.argv = {"sleep", "1000"}, .environment = {}, .directory = {}});
    std::ofstream(pid_file) << child.pid() << std::endl;
    ::raise(SIGKILL);
  }
  ::waitpid(orchestrator, nullptr, 0);
  const auto child = static_cast<pid_t>(std::stoi(read_file(pid_file)));
  CHECK(gone_within(child, 5));
}
