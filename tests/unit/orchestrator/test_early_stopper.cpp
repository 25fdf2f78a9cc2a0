// When the watcher looks, what it writes down, and whom it leaves alone.
#include <catch2/catch.hpp>
#include <fstream>

#include "orchestrator/schedule/early_stopper.hpp"
#include "results/record/record_error.hpp"
#include "results/record/record_file.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/orchestrator/fakes.hpp"
#include "tests/unit/reports/sample_study.hpp"

using namespace lockstep;

namespace {
const Tables kTables = Tables::builtin();

/// 21 finished runs of a tuning group, and one that is half-way to much less.
StudyData dominated_study() {
  std::vector<test::CellSketch> cells;
  for (int i = 0; i < 7; ++i) cells.push_back({"local_sgd", 4, 0.01 * (i + 1), {0.8, 0.8, 0.8}});
  cells.push_back({"local_sgd", 4, 0.5, {0.2}});
  StudyData study = test::small_study(kTables, cells);
  RunData& last = study.runs.back();
  last.done = false;
  last.evals.resize(2);
  return study;
}

struct World {
  test::TempDir temp;
  Workspace workspace{temp.path() / "w"};
  Submissions submissions{temp.path() / "submissions"};
  test::FakeTimer timer;
  StudyData study = dominated_study();
  std::string run = study.runs.back().id;
  int reads = 0;
  double read_s = 0;
  EarlyStopper stopper{kTables, workspace, submissions, timer, 0.95, [this] {
                         ++reads;
                         timer.sleep_s(read_s);
                         return study;
                       }};

  std::vector<std::string> look_of(RunState state) {
    stopper.changed(run, state);
    return stopper.look();
  }
  /// An evaluation of the run, as its trainer writes it.
  void evaluate(RecordWriter& records) {
    records.write(EvalRecord{.step = 1, .epoch = 1, .split = "validation"});
  }
};
}  // namespace

TEST_CASE("who is dominated is stopped, with the evidence on disk") {
  World world;
  CHECK(world.look_of(RunState::running) == std::vector<std::string>{world.run});
  const Submissions known(world.temp.path() / "submissions");
  CHECK(known.stopped_early(world.run) == world.submissions.stopped_early(world.run));
  CHECK_THAT(known.stopped_early(world.run), Catch::Contains("reaches at most"));
  CHECK(known.stopped_early(world.study.runs[0].id).empty());
  const auto stops = read_early_stops(early_stops_folder(world.temp.path() / "submissions"));
  REQUIRE(stops.size() == 1);
  CHECK(stops[0].runs == std::vector<std::string>{world.run});
  CHECK(stops[0].by == world.study.runs[0].cell);
  CHECK(stops[0].confidence == 0.95);
  CHECK(stops[0].finished == 21);
}

TEST_CASE("who is not at work is not stopped: a failure stays one") {
  for (const RunState state : {RunState::failed, RunState::cancelled, RunState::done}) {
    World world;
    CHECK(world.look_of(state).empty());
    CHECK(world.submissions.stopped_early(world.run).empty());
  }
  World unknown;
  CHECK(unknown.stopper.look().empty());
}

TEST_CASE("who was resumed runs to the end") {
  World world;
  REQUIRE(world.look_of(RunState::running).size() == 1);
  CHECK(Submissions(world.temp.path() / "submissions").lift_early_stops() == 1);
  Submissions later(world.temp.path() / "submissions");
  CHECK(later.stopped_early(world.run).empty());
  CHECK(later.runs_to_its_end(world.study.runs.back().cell));
  CHECK_FALSE(later.runs_to_its_end(world.study.runs[0].cell));
  CHECK(later.lift_early_stops() == 0);
  EarlyStopper again(kTables, world.workspace, later, world.timer, 0.95,
                     [&] { return world.study; });
  again.changed(world.run, RunState::running);
  CHECK(again.look().empty());
}

TEST_CASE("it looks when a run has ended or was evaluated, and rests after a long look") {
  World world;
  world.study.runs.back().evals.clear();
  const RunDirectory directory = world.workspace.run(world.run);
  std::filesystem::create_directories(directory.path());
  const int attempt = directory.claim_attempt("ls-x-1-y");
  RecordWriter records(directory.events(attempt));
  world.look_of(RunState::running);
  CHECK(world.reads == 1);  // the first one, for what was there before
  world.stopper.look();
  CHECK(world.reads == 1);
  records.write(StepRecord{.step = 1});
  world.stopper.look();
  CHECK(world.reads == 1);
  world.evaluate(records);
  world.stopper.look();
  CHECK(world.reads == 2);
  world.stopper.look();
  CHECK(world.reads == 2);
  world.read_s = 2;
  world.stopper.changed("another", RunState::done);
  world.stopper.look();
  CHECK(world.reads == 3);
  world.evaluate(records);
  world.stopper.look();
  CHECK(world.reads == 3);
  world.timer.sleep_s(97);
  world.stopper.look();
  CHECK(world.reads == 3);
  world.timer.sleep_s(2);
  world.stopper.look();  // news is kept
  CHECK(world.reads == 4);
}

TEST_CASE("a look that fails is made again a minute later") {
  World world;
  bool busy = true;
  EarlyStopper stopper(kTables, world.workspace, world.submissions, world.timer, 0.95, [&] {
    if (busy) throw RecordError("busy");
    return world.study;
  });
  stopper.changed(world.run, RunState::running);
  CHECK_THROWS_AS(stopper.look(), RecordError);
  CHECK(stopper.look().empty());
  busy = false;
  world.timer.sleep_s(59);
  CHECK(stopper.look().empty());
  world.timer.sleep_s(2);
  CHECK(stopper.look().size() == 1);
}

TEST_CASE("a line that is being written is no news until it has its end") {
  World world;
  const RunDirectory directory = world.workspace.run(world.run);
  std::filesystem::create_directories(directory.path());
  const int attempt = directory.claim_attempt("ls-x-1-y");
  EvaluationWatch watch;
  CHECK_FALSE(watch.news_of(directory));
  const std::string line = record_line(1, EvalRecord{.step = 3, .split = "validation"});
  std::ofstream file(directory.events(attempt), std::ios::binary);
  file << line.substr(0, line.size() - 1) << std::flush;
  CHECK_FALSE(watch.news_of(directory));
  file << '\n' << std::flush;
  CHECK(watch.news_of(directory));
  CHECK_FALSE(watch.news_of(directory));
}

TEST_CASE("a foreign file among the early stops is named; half a one is not read") {
  const test::TempDir temp;
  const auto folder = early_stops_folder(temp.path());
  std::filesystem::create_directories(folder);
  std::ofstream(folder / ".odd.json.tmp-1") << "{";
  CHECK(Submissions(temp.path()).stopped_early("x").empty());
  std::ofstream(folder / "odd.json") << "[]";
  CHECK_THROWS_WITH(Submissions(temp.path()), Catch::Contains("odd.json"));
  std::ofstream(folder / "odd.json") << R"({"format": 2})";
  CHECK_THROWS_AS(Submissions(temp.path()), FormatError);
}
