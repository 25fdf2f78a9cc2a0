// One contract for all launchers. Local jobs are started both ways: each as a program, and by a
// server.
#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "orchestrator/launch/dry_run_launcher.hpp"
#include "results/record/run_directory.hpp"
#include "tests/unit/orchestrator/fakes.hpp"
#include "tests/unit/orchestrator/local_fixture.hpp"

using namespace lockstep;
using lockstep::test::job_named;
using lockstep::test::Local;
using State = JobStatus::State;
namespace fs = std::filesystem;

namespace {
void check_contract(Launcher& launcher, const fs::path& folder) {
  SystemTimer timer;
  CHECK(launcher.poll({}).empty());
  CHECK(launcher.poll({"never"}).front().state == State::unknown);
  launcher.cancel({"never"});

  launcher.submit(job_named(folder, "ok", "t1"));
  CHECK_THROWS_AS(launcher.submit(job_named(folder, "ok", "t1")), LaunchError);
  for (const char* bad : {"", "a b", "../x", "-rf", "a\nb", "a;b"}) {
    CHECK_THROWS_AS(launcher.submit(job_named(folder, "ok", bad)), LaunchError);
  }
  launcher.submit(job_named(folder, "ok2", "t2"));
  const double deadline_s = timer.now_s() + 20;
  const auto ended = [&] {
    const auto all = launcher.poll({"t2", "never", "t1"});
    CHECK(all.size() == 3);
    CHECK(all[0].token == "t2");
    CHECK(all[1].state == State::unknown);
    return all[0].state == State::ended && all[2].state == State::ended;
  };
  while (!ended() && timer.now_s() < deadline_s) timer.sleep_s(0.005);
  const auto last = launcher.poll({"t1"}).front();
  REQUIRE(last.state == State::ended);
  CHECK(last.exit == Exit{0, 0});
  launcher.cancel({"t1", "t1"});
  CHECK(launcher.poll({"t1"}).front().exit == Exit{0, 0});
}
}  // namespace

TEST_CASE("contract of launchers: local") {
  Local local(2, GENERATE(false, true));
  check_contract(*local.launcher, local.temp.path());
}

TEST_CASE("contract of launchers: dry run") {
  const test::TempDir temp;
  DryRunLauncher launcher({}, [](const std::string&) {});
  check_contract(launcher, temp.path());
}

TEST_CASE("contract of launchers: the fake that the reconcile tests use") {
  const test::TempDir temp;
  test::FakeTimer timer;
  test::FakeLauncher launcher(timer);
  check_contract(launcher, temp.path());
}

TEST_CASE("the dry run shows the command line and starts nothing") {
  std::string seen;
  DryRunLauncher launcher({"/opt/lockstep-train", "/data", 30, false},
                          [&](const std::string& line) { seen = line; });
  launcher.submit(
      {.token = "tok", .run_directory = "/w/it's mine", .log = "/nowhere/log", .processes = 1});
  CHECK(seen ==
        "/opt/lockstep-train --run-dir '/w/it'\\''s mine' --token tok --checkpoint-every-s 30 "
        "--data /data");
  CHECK_FALSE(fs::exists("/nowhere"));
}

TEST_CASE("a local job writes its log and keeps its exit code") {
  Local local(1, GENERATE(false, true));
  local.submit("three", "tok");
  CHECK(local.wait_for("tok", State::ended).exit == Exit{3, 0});
  CHECK(read_file(local.temp.path() / "three" / "launch" / "tok.log") == "started three\n");
}

TEST_CASE("no more jobs run at once than there are slots") {
  Local local(2, GENERATE(false, true));
  for (const char* token : {"a", "b", "c"}) local.submit(std::string("wait-") + token, token);
  CHECK(local.status("a").state == State::running);
  CHECK(local.status("b").state == State::running);
  CHECK(local.status("c").state == State::queued);
  local.wait_for_log("wait-a", "a");
  local.launcher->cancel({"a"});
  CHECK(local.wait_for("a", State::ended).exit == Exit{75, 0});
  CHECK(local.wait_for("c", State::running).state == State::running);
}

TEST_CASE("an exclusive job runs alone, and is not overtaken for ever") {
  Local local(4, GENERATE(false, true));
  local.submit("wait-a", "a");
  Job alone = job_named(local.temp.path(), "wait-b", "b");
  alone.exclusive = true;
  local.launcher->submit(alone);
  local.submit("ok", "c");
  CHECK(local.status("b").state == State::queued);
  CHECK(local.status("c").state == State::queued);
  local.wait_for_log("wait-a", "a");
  local.launcher->cancel({"a"});
  CHECK(local.wait_for("b", State::running).state == State::running);
  CHECK(local.status("c").state == State::queued);
  local.wait_for_log("wait-b", "b");
  local.launcher->cancel({"b"});
  CHECK(local.wait_for("c", State::ended).exit == Exit{0, 0});
}

TEST_CASE("a queued job that is cancelled never begins") {
  Local local(1, GENERATE(false, true));
  local.submit("wait-a", "a");
  local.submit("ok", "b");
  local.launcher->cancel({"b"});
  CHECK(local.status("b").state == State::ended);
  CHECK_FALSE(local.status("b").exit.has_value());
  CHECK_FALSE(fs::exists(local.temp.path() / "ok" / "launch" / "b.log"));
}

TEST_CASE("a job that does not heed SIGTERM is killed after the grace period") {
  Local local(1, GENERATE(false, true), 0.2);
  local.submit("deaf", "tok");
  local.wait_for_log("deaf", "tok");
  local.launcher->cancel({"tok"});
  CHECK(local.wait_for("tok", State::ended).exit == Exit{0, SIGKILL});
}

TEST_CASE("a trainer that does not exist is an error that names it") {
  SystemTimer timer;
  const test::TempDir temp;
  LocalLauncher launcher(
      {.trainer = {temp.path() / "missing", {}, 0, false}, .serve = GENERATE(false, true)}, timer);
  CHECK_THROWS_WITH(launcher.submit(job_named(temp.path(), "ok", "tok")),
                    Catch::Contains("missing"));
}
