#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "orchestrator/schedule/run_state.hpp"

using namespace lockstep;

namespace {
/// One execution for the tables below: how the submission and its attempt ended.
struct Story {
  const char* what;
  std::optional<int> exit_code;
  bool attempt = true;
  std::optional<EndReason> reason;
  bool stopped = false;
  RunState expected;
};

RunFacts facts_of(const Story& story) {
  RunFacts facts;
  facts.submissions.push_back(
      {.token = "t1", .number = 1, .exit_code = story.exit_code, .stopped = story.stopped});
  if (story.attempt) {
    facts.attempts.push_back({.number = 1, .token = "t1", .reason = story.reason, .step = 10});
  }
  return facts;
}

/// `n` executions that all end in the same way, each further by `progress` steps.
RunFacts repeated(int n, int exit_code, std::optional<EndReason> reason, int progress) {
  RunFacts facts;
  for (int i = 1; i <= n; ++i) {
    const std::string token = "t" + std::to_string(i);
    facts.submissions.push_back({.token = token, .number = i, .exit_code = exit_code});
    facts.attempts.push_back(
        {.number = i, .token = token, .reason = reason, .step = 10 + i * progress});
  }
  return facts;
}

RunState state_of(const RunFacts& facts) { return judge(facts, RetryPolicy{}).state; }
}  // namespace

TEST_CASE("state table: one execution") {
  const std::vector<Story> table{
      {"exit 0 without a result", 0, true, {}, false, RunState::resumable},
      {"configuration refused", 2, false, {}, false, RunState::failed},
      {"data missing", 69, false, {}, false, RunState::blocked},
      {"data missing, told in a result", 69, true, EndReason::user_error, false, RunState::blocked},
      {"internal error", 70, true, {}, false, RunState::failed},
      {"hang", 71, true, EndReason::hang, false, RunState::resumable},
      {"records could not be written", 74, true, EndReason::storage, false, RunState::resumable},
      {"checkpointed", 75, true, EndReason::checkpointed, false, RunState::resumable},
      {"checkpointed, code spoilt by mpirun", 143, true, EndReason::checkpointed, false,
       RunState::resumable},
      {"preempted", 143, true, EndReason::preempted, false, RunState::resumable},
      {"no progress", 76, true, EndReason::checkpointed, false, RunState::failed},
      {"no progress, but we stopped it", 76, true, EndReason::checkpointed, true,
       RunState::resumable},
      {"fenced", 78, true, {}, false, RunState::resumable},
      {"killed", 137, true, {}, false, RunState::resumable},
      {"killed before it claimed", 137, false, {}, false, RunState::resumable},
      {"stopped before it claimed", 143, false, {}, true, RunState::fresh},
      {"out of memory", 137, true, EndReason::oom, false, RunState::failed},
      {"out of memory, told in a result", 72, true, EndReason::oom, false, RunState::failed},
      {"out of memory before it claimed", 72, false, {}, false, RunState::failed},
      {"user error", 1, true, EndReason::user_error, false, RunState::failed},
      {"cancelled", 143, true, EndReason::cancelled, false, RunState::cancelled},
      {"orchestrator died, run lost", {}, true, {}, false, RunState::resumable},
      {"orchestrator died, run checkpointed",
       {},
       true,
       EndReason::checkpointed,
       false,
       RunState::resumable},
      {"orchestrator died before it started the job", {}, false, {}, false, RunState::fresh},
      {"result done, DONE not linked", 137, true, EndReason::done, false, RunState::resumable},
  };
  for (const Story& story : table) {
    CAPTURE(story.what);
    CHECK(std::string(name_of(state_of(facts_of(story)))) == name_of(story.expected));
  }
}

TEST_CASE("nothing at all is new") { CHECK(state_of({}) == RunState::fresh); }

TEST_CASE("a run without memory says so, with its remedy, and is left alone") {
  RunFacts facts = facts_of({"", 72, true, EndReason::oom, false, {}});
  facts.attempts[0].detail = "out of memory; ask for a smaller batch";
  CHECK_THAT(judge(facts, {}).reason,
             Catch::Contains("smaller batch") && Catch::Contains("not tried again"));
  CHECK_THAT(killed_by(SIGKILL), Catch::Contains("dmesg"));
  CHECK_THAT(killed_by(SIGSEGV), !Catch::Contains("dmesg"));
}

TEST_CASE("DONE beats everything but damage") {
  RunFacts facts = repeated(9, 70, std::nullopt, 0);
  facts.process_alive = true;
  facts.done = EndReason::done;
  CHECK(state_of(facts) == RunState::done);
  facts.done = EndReason::diverged;
  facts.done_detail = "loss is NaN";
  CHECK(judge(facts, {}) == Verdict{RunState::diverged, "loss is NaN"});
  facts.damage = "RESULT cannot be read";
  CHECK(judge(facts, {}) == Verdict{RunState::unknown, "RESULT cannot be read"});
}

TEST_CASE("a live process is running, whoever started it") {
  RunFacts facts = facts_of({"", std::nullopt, true, {}, false, {}});
  facts.process_alive = true;
  CHECK(state_of(facts) == RunState::running);
}

TEST_CASE("a submission of a live orchestrator is queued until it claims") {
  RunFacts facts;
  facts.submissions.push_back({.token = "t1", .number = 1, .owner_alive = true});
  CHECK(state_of(facts) == RunState::queued);
  facts.attempts.push_back({.number = 1, .token = "t1"});
  CHECK(state_of(facts) == RunState::running);
  facts.submissions[0].owner_alive = false;
  CHECK(state_of(facts) == RunState::resumable);
}

TEST_CASE("infrastructure failures are retried up to their budget") {
  for (int n = 1; n <= 3; ++n)
    CHECK(state_of(repeated(n, 137, std::nullopt, 0)) == RunState::resumable);
  const Verdict verdict = judge(repeated(4, 137, std::nullopt, 0), {});
  CHECK(verdict.state == RunState::failed);
  CHECK_THAT(verdict.reason, Catch::Contains("signal 9") && Catch::Contains("dmesg"));
  CHECK(verdict.infrastructure_failures == 4);
}

TEST_CASE("a checkpoint that wants to go on must have moved") {
  CHECK(state_of(repeated(5, 75, EndReason::checkpointed, 7)) == RunState::resumable);
  const Verdict verdict = judge(repeated(2, 75, EndReason::checkpointed, 0), {});
  CHECK(verdict.state == RunState::failed);
  CHECK_THAT(verdict.reason, Catch::Contains("no progress"));
}

TEST_CASE("time-outs have their own budget") {
  const RetryPolicy policy{.infrastructure = 3, .time_outs = 5};
  CHECK(judge(repeated(5, 75, EndReason::checkpointed, 1), policy).state == RunState::resumable);
  CHECK(judge(repeated(6, 75, EndReason::checkpointed, 1), policy).state == RunState::failed);
}

TEST_CASE("two stops at the same step are no failure: nobody let the run go on") {
  RunFacts facts = repeated(2, 75, EndReason::checkpointed, 0);
  facts.submissions[1].stopped = true;
  CHECK(state_of(facts) == RunState::resumable);
  facts = repeated(2, 75, EndReason::checkpointed, 0);
  facts.submissions[1].exit_code.reset();  // the orchestrator was killed, and the run with it
  CHECK(state_of(facts) == RunState::resumable);
}

TEST_CASE("a cancelled run is that once nobody works on it; a result stays a result") {
  RunFacts facts;
  facts.cancelled = true;
  CHECK(state_of(facts) == RunState::cancelled);
  facts.submissions.push_back({.token = "t1", .number = 1, .owner_alive = true});
  CHECK(state_of(facts) == RunState::queued);
  facts.process_alive = true;
  CHECK(state_of(facts) == RunState::running);
  facts = repeated(4, 137, std::nullopt, 0);  // failed, but for the cancellation
  facts.cancelled = true;
  CHECK(state_of(facts) == RunState::cancelled);
  facts.done = EndReason::done;
  CHECK(state_of(facts) == RunState::done);
}

TEST_CASE("a run that was stopped early is that once nobody works on it, and not a failure") {
  RunFacts facts;
  facts.stopped_early = "dominated";
  facts.process_alive = true;
  CHECK(judge(facts, {}) ==
        Verdict{RunState::running, "stopped early: it is to checkpoint and end"});
  facts.process_alive = false;
  CHECK(judge(facts, {}) == Verdict{RunState::stopped_early, "dominated"});
  CHECK_FALSE(wants_to_run(RunState::stopped_early));
  facts.cancelled = true;  // the user's word is the stronger one
  CHECK(state_of(facts) == RunState::cancelled);
  facts.done = EndReason::done;
  CHECK(state_of(facts) == RunState::done);
}

TEST_CASE("a user who asks to go on wipes the slate") {
  RunFacts facts = repeated(4, 137, std::nullopt, 0);
  REQUIRE(state_of(facts) == RunState::failed);
  for (SubmissionFact& submission : facts.submissions) submission.forgiven = true;
  CHECK(state_of(facts) == RunState::resumable);
  facts.submissions.push_back({.token = "t5", .number = 5, .exit_code = 137});
  facts.attempts.push_back({.number = 5, .token = "t5"});
  const Verdict verdict = judge(facts, {});
  CHECK(verdict.state == RunState::resumable);
  CHECK(verdict.infrastructure_failures == 1);
}

TEST_CASE("a start that died before claiming is newer than all attempts") {
  RunFacts facts = repeated(1, 75, EndReason::checkpointed, 0);
  facts.submissions.push_back({.token = "t2", .number = 2, .exit_code = 69});
  CHECK(state_of(facts) == RunState::blocked);
}

TEST_CASE("properties of judge") {
  const auto arbitrary = [] {
    RunFacts facts;
    const int executions = *rc::gen::inRange(0, 6);
    for (int i = 1; i <= executions; ++i) {
      const std::string token = "t" + std::to_string(i);
      SubmissionFact submission{.token = token, .number = i};
      if (*rc::gen::arbitrary<bool>())
        submission.exit_code = *rc::gen::element(0, 2, 69, 70, 71, 74, 75, 76, 78, 137);
      submission.stopped = *rc::gen::arbitrary<bool>();
      submission.forgiven = *rc::gen::arbitrary<bool>();
      facts.submissions.push_back(submission);
      if (*rc::gen::arbitrary<bool>()) {
        AttemptFact attempt{.number = static_cast<int>(facts.attempts.size()) + 1, .token = token};
        if (*rc::gen::arbitrary<bool>())
          attempt.reason = static_cast<EndReason>(*rc::gen::inRange(0, 11));
        attempt.step = *rc::gen::inRange(0, 3);
        facts.attempts.push_back(attempt);
      }
    }
    return facts;
  };
  SECTION("without DONE nothing is done, and the verdict is always the same") {
    CHECK(rc::check([&] {
      const RunFacts facts = arbitrary();
      const Verdict verdict = judge(facts, {});
      RC_ASSERT(verdict.state != RunState::done && verdict.state != RunState::diverged);
      RC_ASSERT(verdict == judge(facts, {}));
    }));
  }
  SECTION("a larger budget never turns a resumable run into a failed one") {
    CHECK(rc::check([&] {
      const RunFacts facts = arbitrary();
      if (judge(facts, {.infrastructure = 1, .time_outs = 1}).state == RunState::resumable) {
        RC_ASSERT(judge(facts, {.infrastructure = 9, .time_outs = 9}).state == RunState::resumable);
      }
    }));
  }
  SECTION("a verdict that ends the run's story has a reason") {
    CHECK(rc::check([&] {
      const Verdict verdict = judge(arbitrary(), {});
      if (verdict.state == RunState::failed || verdict.state == RunState::blocked)
        RC_ASSERT(!verdict.reason.empty());
    }));
  }
}
