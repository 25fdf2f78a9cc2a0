#include <catch2/catch.hpp>

#include "tests/unit/orchestrator/fakes.hpp"

using namespace lockstep;

namespace {
struct World {
  test::FakeTimer timer;
  test::FakeLauncher launcher{timer};
  test::FakeFiles files;
  ReconcileOptions options;
  ReconcileEvents events;
  std::vector<RunToDo> todo;

  explicit World(const std::vector<std::string>& runs) {
    for (const std::string& run : runs) todo.push_back({run, {.run_directory = "/w/runs/" + run}});
    launcher.ending = [this](const Job& job) { return finish(run_of(job)); };
  }
  static std::string run_of(const Job& job) { return job.run_directory.filename().string(); }
  Exit finish(const std::string& run) {
    files.runs[run].done = EndReason::done;
    return {};
  }
  Verdicts run() { return reconcile(todo, launcher, files, files, timer, options, events); }
  std::vector<std::string> started() const {
    std::vector<std::string> runs;
    for (const Job& job : launcher.submitted) runs.push_back(run_of(job));
    return runs;
  }
  int starts_of(const std::string& run) const {
    const auto all = started();
    return static_cast<int>(std::count(all.begin(), all.end(), run));
  }
};
}  // namespace

TEST_CASE("what is missing is run, once, in order") {
  World world({"a", "b", "c"});
  const auto verdicts = world.run();
  CHECK(world.started() == std::vector<std::string>{"a", "b", "c"});
  for (const auto& [run, verdict] : verdicts) CHECK(verdict.state == RunState::done);
  CHECK(verdicts.size() == 3);
}

TEST_CASE("the journal knows of a job before the launcher does, and where its log is") {
  World world({"a"});
  world.run();
  CHECK(world.files.log == std::vector<std::string>{"prepare a", "end a-1 0"});
  CHECK(world.launcher.submitted.at(0).token == "a-1");
  CHECK(world.launcher.submitted.at(0).log == "/w/runs/a/launch/a-1.log");
}

TEST_CASE("a second call has nothing to do") {
  World world({"a", "b"});
  world.run();
  const auto before = world.launcher.submitted.size();
  world.run();
  CHECK(world.launcher.submitted.size() == before);
}

TEST_CASE("no more jobs are handed over than asked for") {
  World world({"a", "b", "c", "d", "e", "f", "g"});
  world.options.ahead = 3;
  world.launcher.job_s = 1;
  world.run();
  CHECK(world.launcher.submitted.size() == 7);
  CHECK(world.launcher.most_at_once == 3);
}

TEST_CASE("after every so many jobs nothing runs for once, if more are to come") {
  World world({"a", "b", "c", "d", "e", "f"});
  world.options.ahead = 4;
  world.options.pause_after = 3;
  world.launcher.job_s = 1;
  std::vector<std::size_t> started, ended;
  world.events.pause = [&] {
    started.push_back(world.launcher.submitted.size());
    ended.push_back(static_cast<std::size_t>(
        std::count_if(world.files.runs.begin(), world.files.runs.end(),
                      [](const auto& run) { return run.second.done.has_value(); })));
  };
  world.run();
  CHECK(world.launcher.submitted.size() == 6);
  CHECK(started == std::vector<std::size_t>{3});  // and not after the last
  CHECK(ended == started);
}

TEST_CASE("a checkpointed run goes on until it is done") {
  World world({"a"});
  std::int64_t step = 0;
  world.launcher.ending = [&](const Job&) {
    if (++step == 4) return world.finish("a");
    world.files.add_attempt("a", EndReason::checkpointed, step * 10);
    return Exit{75, 0};
  };
  CHECK(world.run()["a"].state == RunState::done);
  CHECK(world.starts_of("a") == 4);
}

TEST_CASE(
    "a crashing run is retried with growing pauses, then given up; others are done meanwhile") {
  World world({"bad", "good"});
  std::vector<double> ends;
  world.options.retry_delay_s = 10;
  world.launcher.ending = [&](const Job& job) {
    if (World::run_of(job) == "good") return world.finish("good");
    ends.push_back(world.timer.now_s());
    world.files.add_attempt("bad", std::nullopt, 0);
    return Exit{0, 9};
  };
  const auto verdicts = world.run();
  CHECK(verdicts.at("bad").state == RunState::failed);
  CHECK(verdicts.at("good").state == RunState::done);
  REQUIRE(ends.size() == 4);
  CHECK(ends[1] - ends[0] >= 10);
  CHECK(ends[2] - ends[1] >= 20);
  CHECK(ends[3] - ends[2] >= 40);
}

TEST_CASE("errors that repeat are not retried") {
  for (const int code : {2, 69, 70, 76}) {
    World world({"a"});
    world.launcher.ending = [&](const Job&) { return Exit{code, 0}; };
    const auto verdicts = world.run();
    CAPTURE(code);
    CHECK(world.starts_of("a") == 1);
    CHECK(verdicts.at("a").state == (code == 69 ? RunState::blocked : RunState::failed));
  }
}

TEST_CASE("a blocked run is tried once more by the next call, a failed one is not") {
  World world({"blocked", "failed"});
  world.launcher.ending = [&](const Job& job) {
    return Exit{World::run_of(job) == "blocked" ? 69 : 70, 0};
  };
  world.run();
  world.run();
  CHECK(world.starts_of("blocked") == 2);
  CHECK(world.starts_of("failed") == 1);
}

TEST_CASE("a stop submits nothing more, says so in the journal first, and waits for what runs") {
  World world({"a", "b", "c"});
  world.options.ahead = 1;
  world.launcher.job_s = 1000;
  int looks = 0;
  world.events.stop = [&] { return ++looks > 5 ? Stop::checkpoint : Stop::no; };
  world.launcher.ending = [&](const Job& job) {
    world.files.add_attempt(World::run_of(job), EndReason::checkpointed, 3);
    return Exit{75, 0};
  };
  const auto verdicts = world.run();
  CHECK(world.files.log == std::vector<std::string>{"prepare a", "stop a-1", "end a-1 75"});
  CHECK(world.launcher.cancelled == std::set<std::string>{"a-1"});
  CHECK(verdicts.at("a").state == RunState::resumable);
  CHECK(verdicts.at("b").state == RunState::fresh);
}

TEST_CASE("a cancelled run is stopped or not begun, and the others go on") {
  World world({"a", "b", "c"});
  world.options.ahead = 1;
  world.launcher.job_s = 10;
  world.files.cancel_at(3, "a");
  world.files.cancel_at(5, "c");
  world.launcher.ending = [&](const Job& job) {
    const std::string run = World::run_of(job);
    const bool stopped = world.launcher.cancelled.count(job.token) > 0;
    if (!stopped) world.files.runs[run].done = EndReason::done;
    world.files.add_attempt(run, stopped ? EndReason::checkpointed : EndReason::done, 3);
    return Exit{stopped ? 75 : 0, 0};
  };
  const auto verdicts = world.run();
  CHECK(world.files.log ==
        std::vector<std::string>{"prepare a", "stop a-1", "end a-1 75", "prepare b", "end b-1 0"});
  CHECK(verdicts.at("a").state == RunState::cancelled);
  CHECK(verdicts.at("b").state == RunState::done);
  CHECK(verdicts.at("c").state == RunState::cancelled);
  world.run();
  CHECK(world.starts_of("a") == 1);
}

TEST_CASE(
    "a run that is stopped early ends in order, is not begun again, and goes on once lifted") {
  World world({"a", "b", "c"});
  world.options.ahead = 1;
  world.launcher.job_s = 10;
  world.files.stop_early_at(3, "a");
  world.files.stop_early_at(5, "c");  // it has not begun
  world.launcher.ending = [&](const Job& job) {
    const std::string run = World::run_of(job);
    const bool stopped = world.launcher.cancelled.count(job.token) > 0;
    if (!stopped) world.files.runs[run].done = EndReason::done;
    world.files.add_attempt(run, stopped ? EndReason::checkpointed : EndReason::done, 3);
    return Exit{stopped ? 75 : 0, 0};
  };
  auto verdicts = world.run();
  CHECK(world.files.log ==
        std::vector<std::string>{"prepare a", "stop a-1", "end a-1 75", "prepare b", "end b-1 0"});
  CHECK(verdicts.at("a") == Verdict{RunState::stopped_early, "dominated"});
  CHECK(verdicts.at("c").state == RunState::stopped_early);
  world.run();
  CHECK(world.starts_of("a") == 1);
  CHECK(world.starts_of("c") == 0);
  world.files.runs["a"].stopped_early.clear();
  verdicts = world.run();
  CHECK(world.starts_of("a") == 2);
  CHECK(verdicts.at("a").state == RunState::done);
}

TEST_CASE("a run that somebody else's process works on is not started beside it") {
  World world({"a"});
  world.files.runs["a"].process_alive = true;
  world.files.on_refresh = [](test::FakeFiles& files) {
    if (files.refreshes == 3) files.runs["a"].process_alive = false;
  };
  const auto verdicts = world.run();
  CHECK(world.starts_of("a") == 1);
  CHECK(world.files.refreshes >= 3);
  CHECK(verdicts.at("a").state == RunState::done);
}

TEST_CASE("nobody waits for ever for a process that is not ours") {
  World world({"a", "b"});
  world.files.runs["a"].process_alive = true;
  const double before_s = world.timer.now_s();
  const auto verdicts = world.run();
  CHECK(verdicts.at("a").state == RunState::running);
  CHECK(verdicts.at("b").state == RunState::done);
  CHECK(world.starts_of("a") == 0);
  CHECK(world.timer.now_s() - before_s < 2 * world.options.foreign_limit_s);
}

TEST_CASE("every change of state is told once, in order") {
  World world({"a"});
  world.launcher.job_s = 1;
  std::vector<std::string> seen;
  world.events.changed = [&](const std::string&, const Verdict& verdict) {
    seen.push_back(name_of(verdict.state));
  };
  world.run();
  CHECK(seen == std::vector<std::string>{"new", "running", "done"});
}
