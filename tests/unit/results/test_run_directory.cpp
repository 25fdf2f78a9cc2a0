#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <set>
#include <thread>

#include "results/record/digest.hpp"
#include "results/record/file_system.hpp"
#include "results/record/publish.hpp"
#include "results/record/run_directory.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/results/record_samples.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
constexpr const char* kConfig = R"({"algorithm":"local_sgd"})";

RunDirectory run_in(const TempDir& dir) {
  Sha256 hash;
  hash.update(kConfig);
  return RunDirectory(dir.path() / "runs" / hash.hex().substr(0, 32));
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

int link_with_lost_reply(const char* from, const char* to) {
  const int result = ::link(from, to);
  if (result == 0) errno = EIO;
  return -1;
}
int link_unsupported(const char*, const char*) {
  errno = EPERM;
  return -1;
}
int link_failing(const char*, const char*) {
  errno = EIO;
  return -1;
}
}  // namespace

TEST_CASE("SHA-256 of the published examples") {
  Sha256 empty, abc;
  CHECK(empty.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  abc.update("a");
  abc.update("bc");
  CHECK(abc.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("names of checkpoints: parse is the inverse of text, and nothing else parses") {
  const CheckpointName name{120, 3};
  CHECK(name.text() == "step-120-a3");
  CHECK(CheckpointName::parse("step-120-a3") == name);
  for (const char* bad :
       {"", "step-", "step-1", "step-1-a", "step--1-a1", "step-1-a1x", "step-01-a1", ".tmp-1-a1",
        "step-1-b1", "step-99999999999999999999-a1", "step-+1-a1", ".trash-step-1-a1"}) {
    CHECK_FALSE(CheckpointName::parse(bad));
  }
  CHECK(CheckpointName{5, 9} < CheckpointName{6, 1});
  CHECK(CheckpointName{5, 1} < CheckpointName{5, 2});
}

TEST_CASE("a run directory is made once, of equal bytes, under its own name") {
  const TempDir dir;
  const RunDirectory run = run_in(dir);
  const mode_t before = ::umask(0);
  run.create(kConfig);
  ::umask(before);
  run.create(kConfig);
  CHECK(read_file(run.config()) == kConfig);
  CHECK(mode_of(run.path()) == 0750);
  CHECK(mode_of(run.config()) == 0640);
  CHECK_THROWS_WITH(RunDirectory(dir.path() / "runs" / "feed").create(kConfig),
                    Catch::Contains("not named after"));
  write_raw(run.config(), "{}");
  CHECK_THROWS_WITH(run.create(kConfig), Catch::Contains("another configuration"));
}

TEST_CASE("a configuration that a power cut left short is written anew before the first attempt") {
  const TempDir dir;
  const RunDirectory run = run_in(dir);
  CHECK(run.create(kConfig, false));
  CHECK_FALSE(run.create(kConfig, false));
  for (const std::size_t length : {std::size_t{0}, std::string_view(kConfig).size() / 2}) {
    write_raw(run.config(), std::string(kConfig).substr(0, length));
    CHECK(run.create(kConfig, false));
    CHECK(read_file(run.config()) == kConfig);
  }
  run.claim_attempt("first");
  write_raw(run.config(), "");
  CHECK_THROWS_WITH(run.create(kConfig), Catch::Contains("another configuration"));
}

TEST_CASE("attempts count up, whatever lies beside them") {
  const TempDir dir;
  const RunDirectory run = run_in(dir);
  CHECK(run.claimed_attempts().empty());
  CHECK(run.claim_attempt("first") == 1);
  write_raw(run.attempts() / "x.claim", "");
  write_raw(run.attempts() / "007.claim", "");
  write_raw(run.attempts() / "4.claim", "elsewhere\n");
  CHECK(run.claim_attempt("second") == 5);
  CHECK(run.claimed_attempts() == std::vector<int>{1, 4, 5});
  CHECK(run.claim(5).token == "second");
  CHECK(run.claim(4).token == "elsewhere");
  CHECK(std::filesystem::is_directory(run.attempt(5)));
  CHECK(mode_of(run.attempt(5)) != 0);
  CHECK((mode_of(run.attempt(5)) & 07) == 0);
  for (const auto& entry : std::filesystem::directory_iterator(run.attempts())) {
    CHECK(entry.path().filename().string().find(".tmp-") == std::string::npos);
  }
}

TEST_CASE("tokens cannot leave the directory") {
  const TempDir dir;
  const RunDirectory run = run_in(dir);
  for (const std::string bad : {"", "..", "../x", "a/b", "-rf", "~", ".hidden", "a b"}) {
    CHECK_THROWS_AS(run.claim_attempt(bad), RecordError);
    CHECK_THROWS_AS(run.launch_log(bad), RecordError);
  }
  CHECK_THROWS_AS(run.launch_log(std::string("a\0b", 3)), RecordError);
}

TEST_CASE("racing threads win distinct, dense attempt numbers") {
  const TempDir dir;
  const RunDirectory run = run_in(dir);
  constexpr int kThreads = 8;
  constexpr int kEach = 5;
  std::vector<std::vector<int>> won(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          won[static_cast<std::size_t>(t)].push_back(run.claim_attempt("t" + std::to_string(t)));
        }
      });
    }
  }
  std::set<int> all;
  for (int t = 0; t < kThreads; ++t) {
    for (const int n : won[static_cast<std::size_t>(t)]) {
      all.insert(n);
      CHECK(run.claim(n).token == "t" + std::to_string(t));
    }
  }
  CHECK(all.size() == kThreads * kEach);
  CHECK(*all.rbegin() == kThreads * kEach);
}

TEST_CASE("racing processes win distinct attempt numbers") {
  const TempDir dir;
  const RunDirectory run = run_in(dir);
  constexpr int kProcesses = 6;
  std::vector<pid_t> children;
  for (int p = 0; p < kProcesses; ++p) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        ::_exit(run.claim_attempt("p" + std::to_string(p)));
      } catch (...) {
        ::_exit(100);
      }
    }
    children.push_back(child);
  }
  std::set<int> won;
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    won.insert(WEXITSTATUS(status));
  }
  CHECK(won == std::set<int>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("a name is won once, also over lost replies and without hard links") {
  const TempDir dir;
  const auto target = dir.path() / "target";
  const auto mine = write_unique_file(target, "mine");
  const auto other = write_unique_file(target, "other");
  SECTION("the reply was lost, the link was made") {
    CHECK(link_exclusively(mine, target, link_with_lost_reply));
    CHECK_FALSE(link_exclusively(other, target));
    CHECK_FALSE(link_exclusively(other, target, link_unsupported));
    CHECK(read_file(target) == "mine");
  }
  SECTION("no links: a stand-in") {
    CHECK(link_exclusively(mine, target, link_unsupported));
    CHECK_FALSE(link_exclusively(other, target, link_unsupported));
    CHECK(read_file(target) == "mine");
  }
  SECTION("a real error is not a lost race") {
    CHECK_THROWS_AS(link_exclusively(mine, target, link_failing), RecordError);
    CHECK_FALSE(std::filesystem::exists(target));
  }
}

TEST_CASE("a folder that cannot be listed is no folder without files") {
  const TempDir dir;
  CHECK(names_in(dir.path() / "none").empty());
  write_raw(dir.path() / "b", "");
  write_raw(dir.path() / "a", "");
  CHECK(names_in(dir.path()) == std::vector<std::string>{"a", "b"});
  CHECK_THROWS_WITH(names_in(dir.path() / "a"), Catch::Contains("cannot list"));
}

TEST_CASE("checkpoints count with their manifest only, newest first") {
  const TempDir dir;
  const RunDirectory run = run_in(dir);
  CHECK(run.checkpoint_names().empty());
  for (const char* name : {"step-5-a1", "step-10-a1", "step-10-a2", "step-9-a3"}) {
    write_raw(run.checkpoints() / name / "MANIFEST.json", "{}");
  }
  std::filesystem::create_directories(run.checkpoints() / "step-99-a9");
  write_raw(run.checkpoints() / ".tmp-77-a1" / "MANIFEST.json", "{}");
  CHECK(run.checkpoint_names() == std::vector<CheckpointName>{{10, 2}, {10, 1}, {9, 3}, {5, 1}});
}

TEST_CASE("publishing a whole file leaves the old or the new one, and no rubbish") {
  const TempDir dir;
  write_file_atomically(dir.path() / "f", "one");
  write_file_atomically(dir.path() / "f", "two");
  CHECK(read_file(dir.path() / "f") == "two");
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);
  std::filesystem::create_directory(dir.path() / "d");
  CHECK_THROWS_WITH(write_file_atomically(dir.path() / "d", "x"),
                    Catch::Contains((dir.path() / "d").string()));
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 2);
  CHECK_THROWS_WITH(read_file(dir.path() / "none"), Catch::Contains("No such file"));
}
