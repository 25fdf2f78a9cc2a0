// What the files tell of a run, and what two runs have different.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>

#include "orchestrator/schedule/run_sheet.hpp"
#include "orchestrator/schedule/run_story.hpp"
#include "results/record/record_file.hpp"
#include "sweeps/run/run_id.hpp"
#include "tests/support/checkpoint_files.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {
struct World {
  test::TempDir temp;
  std::string config = R"({"algorithm":"sync_sgd","seed":1})";
  RunDirectory run{temp.path() / "runs" / sha256_hex(config).substr(0, 32)};
  Submissions journal{temp.path() / "submissions"};

  World() { run.create(config); }

  std::string start() { return journal.prepare(run.id(), "local"); }

  std::unique_ptr<RecordWriter> attempt(const std::string& token,
                                        std::optional<ResumedFrom> from) const {
    const int number = run.claim_attempt(token);
    HeaderRecord header{.run = run.id(), .attempt = number, .host = "box", .build = "b"};
    header.resumed_from = std::move(from);
    auto writer = std::make_unique<RecordWriter>(run.events(number));
    writer->write(header);
    return writer;
  }
};
}  // namespace

TEST_CASE("the story of a run: attempts, starts that claimed none, what was taken again") {
  World world;
  {
    const auto token = world.start();
    auto writer = world.attempt(token, std::nullopt);
    writer->write(CheckpointRecord{.step = 60, .name = "step-60-a1", .bytes = 3});
    writer->write(CheckpointRecord{.step = 90, .name = "", .error = "disk full"});
    writer->write(StepRecord{.step = 100});
    world.journal.ended(token, Exit{0, 9});
  }
  {
    const auto token = world.start();
    auto writer = world.attempt(token, ResumedFrom{1, "step-60-a1", 60, 1});
    writer->write(WarningRecord{"checkpoint rejected: step-80-a1: damaged"});
    const EndRecord end{.reason = EndReason::checkpointed, .detail = "told to", .step = 130};
    writer->write(end);
    world.run.publish_result(2, end);
    world.journal.stopping(token);
    world.journal.ended(token, Exit{75, 0});
  }
  world.journal.ended(world.start(), Exit{69, 0});
  test::write_checkpoint(world.run.checkpoint({130, 2}), {"abc"});
  test::write_checkpoint(world.run.checkpoint({140, 2}), {"abcdef"});
  fs::remove(world.run.checkpoint({140, 2}) / "rank0.safetensors");
  std::ofstream(world.run.launch_log(world.journal.of(world.run.id())[2].token)) << "no data\n";

  const RunStory story = read_run_story(world.run, world.journal);
  REQUIRE(story.executions.size() == 3);
  const ExecutionStory &first = story.executions[0], &second = story.executions[1],
                       &third = story.executions[2];
  CHECK(first.attempt == 1);
  CHECK(first.submission == 1);
  CHECK(first.exit_code == 137);
  CHECK_FALSE(first.reason.has_value());
  CHECK(first.reached == 100);
  CHECK(first.replayed == 40);
  CHECK(first.checkpoints == std::vector<std::string>{"step-60-a1"});
  CHECK(first.warnings == std::vector<std::string>{"checkpoint failed: disk full"});
  CHECK(second.header->resumed_from->checkpoint == "step-60-a1");
  CHECK(second.reason == EndReason::checkpointed);
  CHECK(second.detail == "told to");
  CHECK(second.stopped);
  CHECK(second.reached == 130);
  CHECK(second.replayed == 0);
  CHECK_THAT(second.warnings.at(0), Contains("rejected"));
  CHECK(third.attempt == 0);
  CHECK(third.exit_code == 69);
  CHECK(third.log != "");
  REQUIRE(story.checkpoints.size() == 2);
  CHECK(story.checkpoints[0].state.problem != "");
  REQUIRE(story.next_checkpoint());
  CHECK(story.next_checkpoint()->name == CheckpointName{130, 2});
}

TEST_CASE("an attempt from the start makes all steps before it void") {
  World world;
  for (int i = 0; i < 2; ++i) {
    auto writer = world.attempt("other-study-" + std::to_string(i), std::nullopt);
    writer->write(StepRecord{.step = 50});
  }
  const RunStory story = read_run_story(world.run, world.journal);
  REQUIRE(story.executions.size() == 2);
  CHECK(story.executions[0].submission == 0);
  CHECK(story.executions[0].replayed == 50);
  CHECK(story.executions[1].replayed == 0);
  CHECK(story.next_checkpoint() == nullptr);
}

TEST_CASE("damaged records are told, and the story goes on") {
  World world;
  {
    auto writer = world.attempt("t1", std::nullopt);
    for (int step = 1; step <= 3; ++step) writer->write(StepRecord{.step = step});
  }
  std::string bytes = read_file(world.run.events(1));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  std::ofstream(world.run.events(1)) << bytes;
  const RunStory story = read_run_story(world.run, world.journal);
  REQUIRE(story.executions.size() == 1);
  CHECK_THAT(story.executions[0].damage, Contains("events.jsonl"));
}

TEST_CASE("a sheet has what was asked, what ran it, what came out") {
  World world;
  auto writer = world.attempt("t1", std::nullopt);
  writer->write(EvalRecord{.step = 5, .split = "test", .loss = 0.5, .accuracy = 0.75});
  const RunSheet sheet = sheet_of(world.run, {RunState::resumable, "lost"});
  CHECK(sheet.configuration == Entries{{"algorithm", "sync_sgd"}, {"seed", "1"}});
  CHECK(sheet.provenance.front() == std::pair<std::string, std::string>("build", "b"));
  const Pair accuracy{"test accuracy", "0.75", ""};
  const auto pairs = side_by_side(sheet.outcome, {{"run state", "resumable"}, {"new", "x"}});
  CHECK(std::count(pairs.begin(), pairs.end(), accuracy) == 1);
  CHECK(pairs.back() == Pair{"new", "", "x"});
  const auto different = differences(pairs);
  CHECK(std::none_of(different.begin(), different.end(),
                     [](const Pair& pair) { return pair.name == "run state"; }));
  CHECK(differences(side_by_side(sheet.outcome, sheet.outcome)).empty());
}
