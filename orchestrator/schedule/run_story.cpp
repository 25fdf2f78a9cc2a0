#include "orchestrator/schedule/run_story.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "results/record/attempt_files.hpp"
#include "results/record/record_error.hpp"

namespace lockstep {

namespace {
/// What one record adds to the story.
struct Teller {
  ExecutionStory& story;

  void reach(std::int64_t step) const { story.reached = std::max(story.reached, step); }
  void operator()(const HeaderRecord& header) const {
    story.header = header;
    if (header.resumed_from) reach(header.resumed_from->step);
  }
  void operator()(const StepRecord& record) const { reach(record.step); }
  void operator()(const SyncRecord& record) const { reach(record.last); }
  void operator()(const EvalRecord& record) const { reach(record.step); }
  void operator()(const CheckpointRecord& record) const {
    reach(record.step);
    if (!record.name.empty()) story.checkpoints.push_back(record.name);
    if (!record.error.empty()) story.warnings.push_back("checkpoint failed: " + record.error);
  }
  void operator()(const WarningRecord& record) const { story.warnings.push_back(record.message); }
  void operator()(const EndRecord& record) const { reach(record.step); }
};

void read_attempt_into(const RunDirectory& run, int number, ExecutionStory& story) {
  story.attempt = number;
  story.token = run.claim(number).token;
  try {
    const AttemptFiles files = read_attempt_files(run, number);
    for (const Record& record : files.segment.records) std::visit(Teller{story}, record);
    const SegmentState state = files.segment.state;
    if (state == SegmentState::corrupt || state == SegmentState::salvaged)
      story.damage = files.segment.message;
    if (files.result) {
      story.reason = files.result->reason;
      story.detail = files.result->detail;
      story.reached = std::max(story.reached, files.result->step);
    }
  } catch (const RecordError& error) {
    story.damage = error.what();
  }
  if (const auto beat = read_heartbeat(run.heartbeat(number, 0)))
    story.reached = std::max(story.reached, beat->step);
}

void add_submission(const SubmissionFact& fact, ExecutionStory& story) {
  story.submission = fact.number;
  story.token = fact.token;
  story.exit_code = fact.exit_code;
  story.stopped = fact.stopped;
  story.forgiven = fact.forgiven;
}

std::string log_of(const RunDirectory& run, const std::string& token) {
  std::error_code ignored;
  if (token.empty()) return "";
  const auto path = run.launch_log(token);
  return std::filesystem::exists(path, ignored) ? path.string() : "";
}

/// Attempts in their order; a start that claimed none stands where its number puts it.
std::vector<ExecutionStory> in_order(std::vector<ExecutionStory> attempts,
                                     const std::vector<SubmissionFact>& submissions) {
  std::vector<ExecutionStory> all;
  auto next = attempts.begin();
  for (const SubmissionFact& fact : submissions) {
    const auto own = std::find_if(next, attempts.end(),
                                  [&](const auto& story) { return story.token == fact.token; });
    if (own != attempts.end()) {
      all.insert(all.end(), next, own + 1);
      next = own + 1;
      add_submission(fact, all.back());
    } else {
      add_submission(fact, all.emplace_back());
    }
  }
  all.insert(all.end(), next, attempts.end());
  return all;
}

std::int64_t first_step(const ExecutionStory& story) {
  return story.header && story.header->resumed_from ? story.header->resumed_from->step : 0;
}

/// An attempt makes all steps void that an earlier one took beyond where it began.
void count_replayed(std::vector<ExecutionStory>& executions) {
  for (const ExecutionStory& later : executions) {
    if (!later.header) continue;
    for (ExecutionStory& earlier : executions) {
      if (earlier.attempt == 0 || earlier.attempt >= later.attempt) continue;
      const auto kept = std::max(first_step(later), first_step(earlier));
      earlier.replayed = std::max(earlier.replayed, earlier.reached - kept);
    }
  }
}
}  // namespace

const StoredCheckpoint* RunStory::next_checkpoint() const {
  const auto whole = std::find_if(
      checkpoints.begin(), checkpoints.end(),
      [](const StoredCheckpoint& checkpoint) { return checkpoint.state.problem.empty(); });
  return whole == checkpoints.end() ? nullptr : &*whole;
}

RunStory read_run_story(const RunDirectory& run, const Submissions& submissions) {
  RunStory story;
  std::vector<ExecutionStory> attempts;
  for (const int number : run.claimed_attempts())
    read_attempt_into(run, number, attempts.emplace_back());
  story.executions = in_order(std::move(attempts), submissions.of(run.id()));
  count_replayed(story.executions);
  for (ExecutionStory& execution : story.executions) execution.log = log_of(run, execution.token);
  for (const CheckpointName& name : run.checkpoint_names())
    story.checkpoints.push_back({name, look_at_checkpoint(run.checkpoint(name), false)});
  return story;
}

}  // namespace lockstep
