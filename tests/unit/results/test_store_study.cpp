// What readers get: order, stitched histories, seconds.
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>

#include "results/record/early_stops.hpp"
#include "sweeps/run/run_id.hpp"
#include "tests/unit/results/record_samples.hpp"
#include "tests/unit/results/workspace_builder.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
RunData only_run(const WorkspaceBuilder& builder) {
  builder.import();
  const StudyData study = builder.open(Store::Mode::read_only).study("s");
  REQUIRE(study.runs.size() == 1);
  return study.runs[0];
}

template <class R>
std::vector<R> of_type(const std::vector<Record>& records) {
  std::vector<R> found;
  for (const Record& record : records) {
    if (const auto* one = std::get_if<R>(&record)) found.push_back(*one);
  }
  return found;
}

std::vector<EvalReading> evaluations_of(const std::vector<Record>& records) {
  std::vector<EvalReading> found;
  for (const EvalRecord& record : of_type<EvalRecord>(records))
    found.push_back(reading_from(record));
  return found;
}

/// seq of the record that `predicate` accepts first, counting the header.
std::int64_t seq_of(const std::vector<Record>& records,
                    const std::function<bool(const Record&)>& predicate) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (predicate(records[i])) return static_cast<std::int64_t>(i) + 1;
  }
  FAIL("no such record");
  return -1;
}

bool is_step(const Record& record, std::int64_t step) {
  const auto* one = std::get_if<StepRecord>(&record);
  return one && one->step == step;
}
}  // namespace

TEST_CASE("a finished run comes back as it was recorded") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  const RunDirectory directory = builder.finished(config_of(1));
  const RunData run = only_run(builder);
  const auto records = training(1, 40);
  CHECK(run.id == directory.id());
  CHECK(run.cell == cell_of(config_of(1)));
  CHECK(run.config == config_of(1));
  CHECK(run.done);
  CHECK(run.end_reason == "done");
  CHECK(run.attempts == 1);
  REQUIRE(run.header);
  CHECK(run.header->host == "node");
  CHECK(run.steps == of_type<StepRecord>(records));
  CHECK(run.syncs == of_type<SyncRecord>(records));
  CHECK(run.evals == evaluations_of(records));
  CHECK(run.accounting == end_after(EndReason::done, 40, 20));
  CHECK(run.replayed_s == 0);
}

TEST_CASE("every member of every record survives the index") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  const RunDirectory directory = builder.create(config_of(1));
  auto records = one_of_each();
  HeaderRecord header = std::get<HeaderRecord>(records[0]);
  header.run = directory.id();
  header.attempt = directory.claim_attempt("t");
  header.resumed_from.reset();
  records[0] = header;
  std::get<StepRecord>(records[1]).loss = HUGE_VAL;
  write_raw(directory.events(header.attempt), lines_of(records));
  const RunData run = only_run(builder);
  CHECK(run.header == header);
  CHECK(run.steps == of_type<StepRecord>(records));
  CHECK(run.syncs == of_type<SyncRecord>(records));
  CHECK(run.evals == evaluations_of(records));
  CHECK(run.warnings == std::vector<std::string>{
                            "degraded: failed checkpoints: 1, the last: disk full", "lr is high"});
  CHECK(run.accounting == std::get<EndRecord>(records.back()));
  CHECK(run.end_reason == "user-error");
  CHECK_FALSE(run.done);
}

TEST_CASE("NaN comes back as NaN") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  builder.attempt(builder.create(config_of(1)), {StepRecord{.step = 1, .loss = std::nan("")}});
  CHECK(std::isnan(only_run(builder).steps.at(0).loss));
}

TEST_CASE("without its losses a study knows the last step of each run, and the rest") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  builder.finished(config_of(1));
  const RunData whole = only_run(builder);
  const RunData brief = builder.open().study("s", Store::Losses::left_out).runs.at(0);
  REQUIRE(whole.steps.size() > 1);
  CHECK(brief.steps == std::vector<StepRecord>{whole.steps.back()});
  CHECK(brief.evals == whole.evals);
  CHECK(brief.syncs == whole.syncs);
}

TEST_CASE("a resumed run's history is its ancestors' up to the checkpoint, then its own") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  const RunDirectory directory = builder.create(config_of(1));
  // Attempt 1 trains to step 25 and is killed; its checkpoint was taken after step 20.
  auto first = training(1, 20);
  first.push_back(CheckpointRecord{20, "step-20-a1", 1, 0.25, "", 10});
  const auto covered = static_cast<std::int64_t>(first.size());
  const auto lost = training(21, 25);
  first.insert(first.end(), lost.begin(), lost.end());
  builder.attempt(directory, first);
  // Attempt 2 goes on to step 30, is checkpointed in order; attempt 3 finishes.
  auto second = training(21, 30);
  const auto second_covered = static_cast<std::int64_t>(second.size());
  second.push_back(end_after(EndReason::checkpointed, 30, 5));
  const int b = builder.attempt(directory, second, ResumedFrom{1, "step-20-a1", 20, covered});
  directory.publish_result(b, end_after(EndReason::checkpointed, 30, 5));
  auto third = training(31, 40);
  third.push_back(end_after(EndReason::done, 40, 5));
  const int c = builder.attempt(directory, third, ResumedFrom{2, "step-30-a2", 30, second_covered});
  REQUIRE(directory.publish_result(c, end_after(EndReason::done, 40, 5)));

  const RunData run = only_run(builder);
  CHECK(run.attempts == 3);
  CHECK(run.done);
  REQUIRE(run.steps.size() == 40);
  for (std::size_t i = 0; i < 40; ++i) CHECK(run.steps[i].step == static_cast<std::int64_t>(i) + 1);
  REQUIRE(run.evals.size() == 4);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(run.evals[i].train_s == Approx(5.0 * static_cast<double>(i + 1)));
  CHECK(run.replayed_s == Approx(2));  // one sync of four steps in 21..25, at 0.5 s a step
  CHECK(run.accounting.train_s == Approx(12 + 5 + 5));
  CHECK(run.accounting.reason == EndReason::done);
  // Wall time: from 10 productive seconds on in the second attempt, from 15 on in the third.
  REQUIRE(run.wall.size() == 3);
  const double all = run.accounting.wall_s;
  CHECK(run.wall[0].train_s == 0);
  CHECK(run.wall[1].train_s == Approx(10));
  CHECK(run.wall[1].wall_s == Approx(all - 6 - 6 + 1));
  CHECK(run.wall[2].train_s == Approx(15));
  CHECK(run.wall[2].wall_s + run.wall[2].pace * 5 == Approx(all));
  CHECK(run.evals[0].eval_s == 0.125F);
  CHECK(run.header->attempt == c);
  CHECK(builder.open().check().empty());
}

TEST_CASE("a loser that woke up late is waste, not history") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  const RunDirectory directory = builder.create(config_of(1));
  auto records = training(1, 40);
  records.push_back(end_after(EndReason::done, 40, 20));
  const int winner = builder.attempt(directory, records);
  REQUIRE(directory.publish_result(winner, end_after(EndReason::done, 40, 20)));
  records.back() = end_after(EndReason::done, 40, 17);
  const int loser = builder.attempt(directory, records);
  REQUIRE_FALSE(directory.publish_result(loser, end_after(EndReason::done, 40, 17)));
  const RunData run = only_run(builder);
  CHECK(run.steps.size() == 40);
  CHECK(run.header->attempt == winner);
  CHECK(run.replayed_s == Approx(17));
  CHECK(run.accounting.train_s == Approx(37));
}

TEST_CASE("a checkpoint that covers records which are gone is damage") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  const RunDirectory directory = builder.create(config_of(1));
  builder.attempt(directory, training(1, 8));
  builder.attempt(directory, training(21, 24), ResumedFrom{1, "step-20-a1", 20, 1000});
  const ImportSummary summary = builder.import();
  REQUIRE(summary.corruption.size() == 1);
  CHECK_THAT(summary.corruption[0], Catch::Contains("step-20-a1 covers it up to 1000"));
  CHECK(only_run(builder).steps.size() == 12);
}

TEST_CASE("failed checkpoints are a warning of the run") {
  WorkspaceBuilder builder;
  const RunConfig config = config_of(1);
  builder.plan("s", "p", {config});
  const RunDirectory directory = builder.create(config);
  auto records = training(1, 12);
  records.push_back(CheckpointRecord{.step = 10, .error = "no room"});
  records.push_back(CheckpointRecord{.step = 11, .name = "step-11-a1"});
  records.push_back(CheckpointRecord{.step = 12, .error = "still no room"});
  builder.attempt(directory, records);
  builder.import();
  const auto warnings =
      builder.open(Store::Mode::read_only).study("s", Store::Losses::left_out).runs[0].warnings;
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] == "degraded: failed checkpoints: 2, the last: still no room");
}

TEST_CASE("a live run shows its newest attempt") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  const RunDirectory directory = builder.create(config_of(1));
  auto first = training(1, 12);
  const std::int64_t covered =
      seq_of(first, [](const Record& r) { return is_step(r, 8); }) + 1;  // and its sync
  first.push_back(end_after(EndReason::preempted, 12, 6));
  const int a = builder.attempt(directory, first);
  directory.publish_result(a, end_after(EndReason::preempted, 12, 6));
  RunData run = only_run(builder);
  CHECK(run.end_reason == "preempted");
  CHECK(run.steps.size() == 12);
  builder.attempt(directory, training(9, 10), ResumedFrom{a, "step-8-a1", 8, covered});
  run = only_run(builder);
  CHECK(run.end_reason == "preempted");  // of the newest attempt that has ended
  CHECK_FALSE(run.done);
  CHECK(run.steps.size() == 10);
  CHECK(run.evals.size() == 1);
  CHECK(run.evals[0].train_s == Approx(4 + 1));  // two syncs of four steps, then two steps
  CHECK(run.replayed_s == Approx(2));
  directory.claim_attempt("just-started");
  CHECK(only_run(builder).steps.size() == 10);
}

TEST_CASE("runs come sorted by cell, then seed as a number") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(10), config_of(2), config_of(1, 0.5), config_of(1)});
  builder.import();
  const StudyData study = builder.open().study("s");
  REQUIRE(study.runs.size() == 4);
  std::vector<std::pair<std::string, std::int64_t>> keys;
  for (const RunData& run : study.runs) {
    keys.emplace_back(run.cell, run.config.integer("seed"));
    CHECK(run.attempts == 0);
    CHECK(run.end_reason.empty());
  }
  CHECK(std::is_sorted(keys.begin(), keys.end()));
}

TEST_CASE("runs that were stopped early say why, until that is lifted") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1), config_of(2)});
  builder.finished(config_of(1));
  const std::string open = builder.create(config_of(2)).id();
  const auto folder = early_stops_folder(builder.workspace().submissions("s"));
  const auto study = [&] {
    builder.import();
    return builder.open(Store::Mode::read_only).study("s");
  };
  const auto stopped = [&] {
    std::map<std::string, std::string> reasons;
    for (const RunData& run : study().runs) {
      if (!run.stopped_early.empty()) reasons[run.id] = run.stopped_early;
    }
    return reasons;
  };
  using Reasons = std::map<std::string, std::string>;
  CHECK(stopped().empty());
  EarlyStop stop{.runs = {open, RunId::of(config_of(1)).text()}, .confidence = 0.9};
  stop.reason = "dominated";
  write_early_stop(folder, stop, "2026-11-28T00:00:00Z");
  CHECK(read_early_stops(folder) == std::vector<EarlyStop>{stop});
  CHECK(stopped() == Reasons{{open, "dominated"}});  // a result stays a result
  for (const RunData& run : study().runs) CHECK((run.id != open || run.stop_confidence == 0.9));
  const std::string live = builder.open().dump();
  rebuild(builder.workspace(), builder.tables());
  CHECK(builder.open().dump() == live);

  lift_early_stops(folder, "2026-11-28T01:00:00Z");
  CHECK(read_early_stops(folder).at(0).lifted);
  CHECK(stopped().empty());
  std::ofstream(folder / "odd.json") << "[]";
  const ImportSummary summary = builder.import();
  REQUIRE(summary.corruption.size() == 1);
  CHECK_THAT(summary.corruption[0], Catch::Contains("early-stops/odd.json"));
}
