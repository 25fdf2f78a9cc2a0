#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"
#include "results/record/run_directory.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;
namespace fs = std::filesystem;

namespace {
void write_lock(const fs::path& path, const ProcessName& holder) {
  std::ofstream(path) << nlohmann::json{{"format", 1},
                                        {"host", holder.host},
                                        {"boot_id", holder.boot_id},
                                        {"pid", holder.pid},
                                        {"started_ticks", holder.started_ticks},
                                        {"command", "run"},
                                        {"since", "2026-01-01T00:00:00Z"}};
}

/// A process of this machine that has just ended.
ProcessName dead_process() {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  ::waitpid(pid, nullptr, 0);
  return {host_name(), boot_id(), pid, 1};
}
}  // namespace

TEST_CASE("a lock is free again when its holder goes") {
  const test::TempDir temp;
  const auto path = temp.path() / "lock";
  {
    const WorkspaceLock lock(path, "run");
    CHECK(fs::exists(path));
    CHECK(lock.notice().empty());
  }
  CHECK(fs::is_empty(temp.path()));
}

TEST_CASE("a holder whose lock was taken away leaves the next one's alone") {
  const test::TempDir temp;
  const auto path = temp.path() / "lock";
  const ProcessName other{"elsewhere", "boot", 12, 1};
  {
    const WorkspaceLock lock(path, "run");
    fs::remove(path);
    write_lock(path, other);
  }
  CHECK(fs::exists(path));
  fs::remove(path);
  {
    const WorkspaceLock lock(path, "run");
    fs::remove(path);  // and none came after: nothing to remove, nothing to complain about
  }
  CHECK(fs::is_empty(temp.path()));
}

TEST_CASE("a second holder is refused, with host, pid and remedy") {
  const test::TempDir temp;
  const WorkspaceLock lock(temp.path() / "lock", "run");
  CHECK_THROWS_WITH(WorkspaceLock(temp.path() / "lock", "resume"),
                    Catch::Contains(host_name()) && Catch::Contains(std::to_string(::getpid())) &&
                        Catch::Contains("lockstep run"));
  CHECK(std::distance(fs::directory_iterator(temp.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("a lock of a dead process of this machine is taken over, and told") {
  const test::TempDir temp;
  write_lock(temp.path() / "lock", dead_process());
  const WorkspaceLock lock(temp.path() / "lock", "run");
  CHECK_THAT(lock.notice(), Catch::Contains("no longer alive"));
  CHECK_THROWS_AS(WorkspaceLock(temp.path() / "lock", "run"), LockError);
}

TEST_CASE("a pid that now belongs to another process does not keep the lock") {
  const test::TempDir temp;
  ProcessName holder = this_process();
  holder.started_ticks -= 1;
  write_lock(temp.path() / "lock", holder);
  CHECK_NOTHROW(WorkspaceLock(temp.path() / "lock", "run"));
}

TEST_CASE("a lock from before a reboot of this machine is taken over") {
  const test::TempDir temp;
  ProcessName holder = this_process();
  holder.boot_id = "another boot";
  write_lock(temp.path() / "lock", holder);
  CHECK_NOTHROW(WorkspaceLock(temp.path() / "lock", "run"));
}

TEST_CASE("a lock of another host is reported with the remedy, never broken") {
  const test::TempDir temp;
  const auto path = temp.path() / "lock";
  write_lock(path, {"elsewhere", "boot", 12, 1});
  CHECK_THROWS_WITH(WorkspaceLock(path, "run"),
                    Catch::Contains("elsewhere") && Catch::Contains("remove"));
  CHECK(fs::exists(path));
}

TEST_CASE("a lock that cannot be read is reported") {
  const test::TempDir temp;
  std::ofstream(temp.path() / "lock") << "?";
  CHECK_THROWS_WITH(WorkspaceLock(temp.path() / "lock", "run"), Catch::Contains("cannot be read"));
}

TEST_CASE("many processes that find the same dead lock: exactly one gets it") {
  const test::TempDir temp;
  const auto path = temp.path() / "lock";
  for (int round = 0; round < 5; ++round) {
    write_lock(path, dead_process());
    int start[2], answers[2], finish[2];
    REQUIRE((::pipe(start) == 0 && ::pipe(answers) == 0 && ::pipe(finish) == 0));
    constexpr int kRacers = 8;
    std::vector<pid_t> racers;
    for (int i = 0; i < kRacers; ++i) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::close(start[1]);
        ::close(finish[1]);
        char byte = 0;
        (void)!::read(start[0], &byte, 1);  // ends when the parent closes its side
        char answer = 'n';
        std::unique_ptr<WorkspaceLock> lock;
        try {
          lock = std::make_unique<WorkspaceLock>(path, "run");
          answer = 'y';
        } catch (const LockError&) {
        }
        (void)!::write(answers[1], &answer, 1);
        (void)!::read(finish[0], &byte, 1);  // the winner stays alive until all have tried
        ::_exit(0);
      }
      racers.push_back(pid);
    }
    ::close(start[0]);
    ::close(start[1]);
    std::string all;
    for (char answer; all.size() < kRacers && ::read(answers[0], &answer, 1) == 1;) all += answer;
    CHECK(std::count(all.begin(), all.end(), 'y') == 1);
    CHECK(all.size() == kRacers);
    for (const int fd : {answers[0], answers[1], finish[0], finish[1]}) ::close(fd);
    for (const pid_t pid : racers) ::waitpid(pid, nullptr, 0);
    fs::remove(path);
  }
}
