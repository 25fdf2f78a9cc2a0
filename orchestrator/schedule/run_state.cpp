#include "orchestrator/schedule/run_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace lockstep {

namespace {
/// What an ended execution means for the next one.
enum class Outcome { goes_on, infrastructure, stopped, broken, no_progress, blocked, cancelled };

struct Ending {
  Outcome outcome;
  std::string reason;
};

constexpr const char* kNotAgain = "not tried again unchanged";

/// The table of exit codes of lockstep-train (lockstep-train --help). They are hints: a RESULT says
/// more.
Ending ending_of_exit(int code) {
  switch (code) {
    case 0:
      return {Outcome::infrastructure, "ended without a result"};
    case 2:
      return {Outcome::broken, "the trainer refused its configuration (exit 2)"};
    case 69:
      return {Outcome::blocked,
              "its data set is missing or damaged (exit 69); see its log, and `lockstep doctor`"};
    case 70:
      return {Outcome::broken, "internal error of the trainer (exit 70)"};
    case 71:
      return {Outcome::infrastructure, "hung (exit 71)"};
    case 72:
      return {Outcome::broken, std::string("out of memory (exit 72), see its log; ") + kNotAgain};
    case 74:
      return {Outcome::infrastructure, "could not write its records (exit 74)"};
    case 75:
      return {Outcome::goes_on, "checkpointed"};
    case 76:
      return {Outcome::no_progress, "made no progress since the last checkpoint (exit 76)"};
    case 78:
      return {Outcome::infrastructure, "gave way to a newer attempt (exit 78)"};
    default:
      break;
  }
  if (code > 128) return {Outcome::infrastructure, killed_by(code - 128)};
  return {Outcome::broken, fmt::format("the trainer failed (exit {})", code)};
}

Ending ending_of_reason(EndReason reason, const std::string& detail) {
  const std::string what = detail.empty() ? name_of(reason) : detail;
  switch (reason) {
    case EndReason::checkpointed:
    case EndReason::preempted:
      return {Outcome::goes_on, what};
    case EndReason::user_error:
      return {Outcome::broken, what};
    case EndReason::oom:
      return {Outcome::broken, what + "; " + kNotAgain};
    case EndReason::cancelled:
      return {Outcome::cancelled, what};
    case EndReason::done:
    case EndReason::diverged:
      return {Outcome::infrastructure, "ended, but DONE was not written"};
    case EndReason::node:
    case EndReason::storage:
    case EndReason::hang:
    case EndReason::lost:
      break;
  }
  return {Outcome::infrastructure, what};
}

/// A submission, its attempt, or both.
struct Execution {
  const SubmissionFact* submission = nullptr;
  const AttemptFact* attempt = nullptr;

  bool forgiven() const {
    return (submission && submission->forgiven) || (attempt && attempt->forgiven);
  }
  bool stopped() const { return submission && submission->stopped; }

  /// Codes that say more than any RESULT come first, then RESULT, then the other codes.
  Ending ending() const {
    const auto code = submission ? submission->exit_code : std::nullopt;
    if (stopped() && code != 2 && code != 69) {
      const bool told = attempt && !attempt->detail.empty();
      return {Outcome::stopped, told ? attempt->detail : std::string("stopped")};
    }
    if (code && (*code == 2 || *code == 69 || *code == 76)) {
      Ending ending = ending_of_exit(*code);
      if (attempt && attempt->reason && !attempt->detail.empty()) ending.reason = attempt->detail;
      return ending;
    }
    if (attempt && attempt->reason) return ending_of_reason(*attempt->reason, attempt->detail);
    if (code) return ending_of_exit(*code);
    return {Outcome::stopped, "lost: its processes are gone"};
  }
};

const AttemptFact* attempt_with(const RunFacts& facts, const std::string& token) {
  for (const AttemptFact& attempt : facts.attempts) {
    if (attempt.token == token) return &attempt;
  }
  return nullptr;
}

const SubmissionFact* submission_with(const RunFacts& facts, const std::string& token) {
  for (const SubmissionFact& submission : facts.submissions) {
    if (submission.token == token) return &submission;
  }
  return nullptr;
}

/// The newest execution: a submission that ended before it claimed an attempt is newer than all
/// attempts.
std::optional<Execution> last_execution(const RunFacts& facts) {
  if (!facts.submissions.empty()) {
    const SubmissionFact& newest = facts.submissions.back();
    const bool began = newest.exit_code && !(newest.stopped && !attempt_with(facts, newest.token));
    if (began && !attempt_with(facts, newest.token)) return Execution{&newest, nullptr};
  }
  if (facts.attempts.empty()) return std::nullopt;
  const AttemptFact& newest = facts.attempts.back();
  return Execution{submission_with(facts, newest.token), &newest};
}

int count(const RunFacts& facts, Outcome outcome) {
  return static_cast<int>(std::count_if(
      facts.submissions.begin(), facts.submissions.end(), [&](const SubmissionFact& submission) {
        if (!submission.exit_code || submission.forgiven || submission.stopped) return false;
        return Execution{&submission, attempt_with(facts, submission.token)}.ending().outcome ==
               outcome;
      }));
}

/// The last two attempts wanted to go on by themselves (nobody stopped them, nobody died) from the
/// same step.
bool stands_still(const RunFacts& facts) {
  if (facts.attempts.size() < 2) return false;
  const AttemptFact& last = facts.attempts.back();
  const AttemptFact& before = facts.attempts[facts.attempts.size() - 2];
  for (const AttemptFact* attempt : {&last, &before}) {
    const SubmissionFact* submission = submission_with(facts, attempt->token);
    const bool went_on =
        attempt->reason == EndReason::checkpointed || attempt->reason == EndReason::preempted;
    if (!went_on || attempt->forgiven || !submission || !submission->exit_code ||
        submission->stopped)
      return false;
  }
  return last.step <= before.step;
}

Verdict judge_ended(const RunFacts& facts, const Execution& last, const RetryPolicy& policy) {
  if (last.forgiven()) return {RunState::resumable, "tried again on request"};
  const Ending ending = last.ending();
  const int failures = count(facts, Outcome::infrastructure);
  switch (ending.outcome) {
    case Outcome::stopped:
      return {RunState::resumable, ending.reason, failures};
    case Outcome::broken:
      return {RunState::failed, ending.reason, failures};
    case Outcome::no_progress:
      return {RunState::failed, ending.reason, failures};
    case Outcome::blocked:
      return {RunState::blocked, ending.reason, failures};
    case Outcome::cancelled:
      return {RunState::cancelled, ending.reason, failures};
    case Outcome::goes_on:
      if (stands_still(facts)) {
        return {RunState::failed,
                fmt::format("no progress: two attempts ended at step {}", last.attempt->step),
                failures};
      }
      if (count(facts, Outcome::goes_on) > policy.time_outs) {
        return {RunState::failed,
                fmt::format("checkpointed {} times without an end", policy.time_outs + 1),
                failures};
      }
      return {RunState::resumable, ending.reason, failures};
    case Outcome::infrastructure:
      if (failures > policy.infrastructure) {
        return {RunState::failed,
                fmt::format("{}; {} failures of this kind", ending.reason, failures), failures};
      }
      return {RunState::resumable, ending.reason, failures};
  }
  return {RunState::unknown, "no rule for this ending"};
}
}  // namespace

const char* name_of(RunState state) {
  switch (state) {
    case RunState::fresh:
      return "new";
    case RunState::queued:
      return "queued";
    case RunState::running:
      return "running";
    case RunState::resumable:
      return "resumable";
    case RunState::done:
      return "done";
    case RunState::diverged:
      return "diverged";
    case RunState::failed:
      return "failed";
    case RunState::cancelled:
      return "cancelled";
    case RunState::stopped_early:
      return "stopped early";
    case RunState::blocked:
      return "blocked";
    case RunState::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string killed_by(int signal) {
  // The kernel's out-of-memory killer says nothing to its victim.
  const char* often = signal == SIGKILL ? " (often: out of memory; see dmesg)" : "";
  return fmt::format("killed by signal {}{}", signal, often);
}

bool wants_to_run(RunState state) {
  return state == RunState::fresh || state == RunState::resumable || state == RunState::blocked;
}

Verdict judge(const RunFacts& facts, const RetryPolicy& policy) {
  if (!facts.damage.empty()) return {RunState::unknown, facts.damage};
  if (facts.done == EndReason::diverged) return {RunState::diverged, facts.done_detail};
  if (facts.done) return {RunState::done, ""};
  const std::string why = facts.cancelled               ? "cancelled"
                          : facts.stopped_early.empty() ? ""
                                                        : "stopped early";
  const std::string ending = why.empty() ? "" : why + ": it is to checkpoint and end";
  if (facts.process_alive) return {RunState::running, ending};
  if (!facts.submissions.empty()) {
    const SubmissionFact& newest = facts.submissions.back();
    const bool waits = !newest.exit_code && !newest.stopped && newest.owner_alive;
    if (waits)
      return {attempt_with(facts, newest.token) ? RunState::running : RunState::queued, ending};
  }
  if (facts.cancelled) {
    return {RunState::cancelled, "on request"};
  }
  if (!facts.stopped_early.empty()) return {RunState::stopped_early, facts.stopped_early};
  const auto last = last_execution(facts);
  if (!last) return {RunState::fresh, ""};
  return judge_ended(facts, *last, policy);
}

}  // namespace lockstep
