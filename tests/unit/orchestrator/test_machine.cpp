#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "orchestrator/launch/process.hpp"
#include "orchestrator/schedule/doctor.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/parallel.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;
namespace fs = std::filesystem;

TEST_CASE("this process is alive, the same pid of another time or place is not") {
  ProcessName self = this_process();
  CHECK(is_alive(self));
  ProcessName other = self;
  other.started_ticks += 1;
  CHECK_FALSE(is_alive(other));
  other = self;
  other.host = "elsewhere";
  CHECK_FALSE(is_alive(other));
  other = self;
  other.boot_id = "before";
  CHECK_FALSE(is_alive(other));
}

TEST_CASE("a run directory is in use as long as a process has it as --run-dir") {
  const test::TempDir temp;
  const std::string directory = (temp.path() / "runs" / "r 1").string();
  auto process = Process::start(
      {.argv = {"sh", "-c", "while :; do sleep 0.01; done", "sh", "--run-dir", directory},
       .environment = {},
       .directory = {}});
  CHECK(run_directories_in_use().count(directory) == 1);
  process.signal(SIGKILL);
  REQUIRE(process.wait(10).has_value());
  CHECK(run_directories_in_use().count(directory) == 0);
}

TEST_CASE("a file system is that of the nearest folder that exists") {
  const test::TempDir temp;
  const FileSystem here = file_system_of(temp.path());
  const FileSystem below = file_system_of(temp.path() / "not" / "yet" / "there");
  CHECK(here.name == below.name);
  CHECK(here.free_bytes > 0);
  CHECK(file_system_of("/dev/shm").name == "tmpfs");
}

TEST_CASE("disk usage sums files") {
  const test::TempDir temp;
  fs::create_directories(temp.path() / "a" / "b");
  std::ofstream(temp.path() / "one") << std::string(100, 'x');
  std::ofstream(temp.path() / "a" / "b" / "two") << std::string(23, 'x');
  CHECK(disk_usage_bytes(temp.path()) == 123);
  CHECK(disk_usage_bytes(temp.path() / "missing") == 0);
}

TEST_CASE("doctor: the reference BLAS is found by where the alternative points") {
  const test::TempDir temp;
  const auto library = [&](const std::string& folder) {
    fs::create_directories(temp.path() / folder);
    std::ofstream(temp.path() / folder / "libblas.so.3") << "x";
    const fs::path link = temp.path() / ("link-" + folder);
    fs::create_symlink(temp.path() / folder / "libblas.so.3", link);
    return check_blas(link);
  };
  CHECK(library("openblas-pthread").state == Check::State::ok);
  const Check reference = library("blas");
  CHECK(reference.state == Check::State::bad);
  CHECK(reference.fix == "apt-get install libopenblas0-pthread");
  CHECK(check_blas(temp.path() / "none").state == Check::State::ok);
}

TEST_CASE("doctor: data sets that are not there are named with their package") {
  const test::TempDir temp;
  const Tables tables = Tables::builtin();
  for (const Check& check : check_data(tables, temp.path())) {
    CHECK(check.state == Check::State::warning);
    CHECK_FALSE(check.fix.empty());
  }
  for (const DatasetRow& row : tables.datasets) {
    fs::create_directories(temp.path() / row.name);
    for (const std::string& file : row.files)
      std::ofstream(temp.path() / row.name / (row.packed ? file : file + ".gz")) << "x";
  }
  for (const Check& check : check_data(tables, temp.path())) CHECK(check.state == Check::State::ok);
}

namespace {
struct FakeRunner : CommandRunner {
  CommandResult answer;
  std::vector<std::string> seen;
  CommandResult run(const Command& command) override {
    seen = command.argv;
    return answer;
  }
};
}  // namespace

TEST_CASE("doctor: the trainer's own checks are passed on") {
  FakeRunner runner;
  runner.answer.out = R"({"checks":[{"name":"cuda","ok":false,"detail":"none","fix":"buy one"},)"
                      R"({"name":"torch","ok":true,"detail":"1.13","fix":""}]})";
  const auto checks = check_trainer(runner, {"/bin/sh", {}, 0, false});
  REQUIRE(checks.size() == 2);
  CHECK(checks[0].state == Check::State::bad);
  CHECK(checks[0].fix == "buy one");
  CHECK(checks[1].state == Check::State::ok);
  runner.answer.out = "Segmentation fault";
  CHECK(check_trainer(runner, {"/bin/sh", {}, 0, false}).at(0).state == Check::State::bad);
  CHECK(check_trainer(runner, {"/no/such/trainer", {}, 0, false}).at(0).state == Check::State::bad);
}

TEST_CASE("work in parallel: each thing once; the first failure comes out and stops the rest") {
  for (const std::size_t count : {0U, 1U, 63U, 64U, 1000U}) {
    std::vector<std::atomic<int>> times(count);
    in_parallel(count, [&](std::size_t i) { ++times[i]; });
    CHECK(std::all_of(times.begin(), times.end(), [](const auto& n) { return n == 1; }));
  }
  std::atomic<std::size_t> done{0};
  CHECK_THROWS_WITH(in_parallel(100000,
                                [&](std::size_t i) {
                                  if (i == 70) throw std::runtime_error("the seventieth");
                                  ++done;
                                }),
                    "the seventieth");
  CHECK(done < 100000);
}
