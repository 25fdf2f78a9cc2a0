// What jobs that a server starts have to themselves, and what becomes of them when it fails.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "orchestrator/schedule/machine.hpp"
#include "results/record/run_directory.hpp"
#include "tests/unit/orchestrator/local_fixture.hpp"

using namespace lockstep;
using lockstep::test::Local;
using State = JobStatus::State;
namespace fs = std::filesystem;

namespace {
/// How the servers that are started in its life behave (tests/support/obedient_trainer.cpp).
struct Servers {
  explicit Servers(const char* how) { ::setenv("OBEDIENT_SERVER", how, 1); }
  ~Servers() { ::unsetenv("OBEDIENT_SERVER"); }
};

/// What a job knows about itself.
nlohmann::json told_by(Local& local, const std::string& token) {
  local.submit("tell", token);
  REQUIRE(local.wait_for(token, State::ended).exit == Exit{0, 0});
  return nlohmann::json::parse(local.wait_for_log("tell", token));
}

/// Returns when it is dead; the launcher has yet to notice.
void kill_server(pid_t server) {
  REQUIRE(server != ::getpid());
  ::kill(server, SIGKILL);
  siginfo_t info;
  REQUIRE(::waitid(P_PID, static_cast<id_t>(server), &info, WEXITED | WNOWAIT) == 0);
}

pid_t server_of(Local& local, const std::string& token) {
  return told_by(local, token).at("parent").get<pid_t>();
}
}  // namespace

TEST_CASE("a served job is a process like any other") {
  Local plain(1, false), served(1, true);
  auto expected = told_by(plain, "tok"), seen = told_by(served, "tok");
  CHECK(seen.at("group") == seen.at("pid"));
  CHECK(seen.at("parent") != ::getpid());
  CHECK(expected.at("parent") == ::getpid());
  CHECK(seen.at("cmdline") == seen.at("argv"));
  CHECK(seen.at("argv").at(2) == (served.temp.path() / "tell").string());
  CHECK(seen.at("open") ==
        nlohmann::json({"/dev/null", (served.temp.path() / "tell/launch/tok.log").string()}));
  CHECK(seen.at("blocked") == false);
  CHECK(seen.at("sigpipe_default") == true);
}

TEST_CASE("one server starts all jobs, and keeps what it has loaded") {
  Local local(2, true);
  const auto first = told_by(local, "a"), second = told_by(local, "b");
  CHECK(first.at("parent") == second.at("parent"));
  CHECK(first.at("pid") != second.at("pid"));
  CHECK(second.at("loaded") == 2);
}

TEST_CASE("a served job is found by its command line, as long as it runs") {
  Local local(1, true);
  local.submit("wait", "tok");
  local.wait_for_log("wait", "tok");
  const auto directory = (local.temp.path() / "wait").string();
  CHECK(run_directories_in_use().count(directory) == 1);
  local.launcher->kill_all();
  CHECK(local.wait_for("tok", State::ended).exit == Exit{0, SIGKILL});
  CHECK(run_directories_in_use().count(directory) == 0);
}

TEST_CASE("a job that crashes takes no other with it") {
  Local local(2, true);
  local.submit("wait-a", "a");
  local.submit("crash", "b");
  CHECK(local.wait_for("b", State::ended).exit == Exit{0, SIGKILL});
  local.wait_for_log("wait-a", "a");
  CHECK(local.status("a").state == State::running);
  local.launcher->cancel({"a"});
  CHECK(local.wait_for("a", State::ended).exit == Exit{75, 0});
}

TEST_CASE(
    "a server that is killed: its jobs checkpoint and their ends are known, the next has another") {
  Local local(2, true);
  const pid_t first = server_of(local, "first");
  local.submit("wait-a", "a");
  local.submit("wait-b", "b");
  local.wait_for_log("wait-a", "a");
  local.wait_for_log("wait-b", "b");
  kill_server(first);
  CHECK(local.wait_for("a", State::ended).exit == Exit{75, 0});
  CHECK(local.wait_for("b", State::ended).exit == Exit{75, 0});
  const pid_t second = server_of(local, "second");
  CHECK(second != first);
  CHECK(second != ::getpid());
}

TEST_CASE("servers that keep dying are replaced by plain processes") {
  Local local(1, true);
  for (int i = 0; i < 3; ++i) {
    kill_server(server_of(local, "before-" + std::to_string(i)));
  }
  CHECK(server_of(local, "after") == ::getpid());
}

TEST_CASE("jobs run also where the server does not work") {
  for (const char* how : {"mute", "dies", "refuses"}) {
    INFO(how);
    const Servers servers(how);
    Local local(2, true, 20, 0.3);
    local.submit("three", "a");
    local.submit("wait", "b");
    CHECK(local.wait_for("a", State::ended).exit == Exit{3, 0});
    local.wait_for_log("wait", "b");
    local.launcher->cancel({"b"});
    CHECK(local.wait_for("b", State::ended).exit == Exit{75, 0});
  }
}

TEST_CASE("jobs run also with a trainer that knows no server") {
  const test::TempDir folder;
  const fs::path script = folder.path() / "trainer.sh";
  std::ofstream(script) << "#!/bin/sh\ncase $1 in --serve) echo what?; exit 2;; esac\nexit 3\n";
  fs::permissions(script, fs::perms::owner_all);
  Local local(LocalOptions{.trainer = {script, {}, 0, false}});
  local.submit("three", "tok");
  CHECK(local.wait_for("tok", State::ended).exit == Exit{3, 0});
}

TEST_CASE("a job that is cancelled before the server has begun it never runs") {
  const Servers servers("mute");
  Local local(1, true, 20, 0.3);
  local.submit("ok", "tok");
  local.launcher->cancel({"tok"});
  const JobStatus status = local.wait_for("tok", State::ended);
  CHECK(status.state == State::ended);
  CHECK_FALSE(status.exit.has_value());
}

TEST_CASE("a launcher that is destroyed leaves neither jobs nor server") {
  fs::path directory;
  pid_t server = 0;
  {
    Local local(1, true);
    server = server_of(local, "a");
    local.submit("wait", "b");
    local.wait_for_log("wait", "b");
    directory = local.temp.path() / "wait";
  }
  CHECK(run_directories_in_use().count(directory.string()) == 0);
  CHECK(::kill(server, 0) != 0);
}
