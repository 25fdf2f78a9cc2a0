// What state a run is in and why, as a pure function of facts. The facts are read from files
// elsewhere (directory_facts.hpp); here nothing is opened, timed or started. The order of the rules
// is the order of truth: the run's own files first, then what is known of its processes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/record/run_directory.hpp"

namespace lockstep {

/// `fresh` is shown as "new", `stopped_early` as "stopped early".
enum class RunState {
  fresh,
  queued,
  running,
  resumable,
  done,
  diverged,
  failed,
  cancelled,
  stopped_early,
  blocked,
  unknown
};
const char* name_of(RunState state);

/// One claimed attempt.
struct AttemptFact {
  int number = 0;
  std::string token;
  std::optional<EndReason> reason;  ///< of its RESULT; none: no orderly end (yet)
  std::string detail;
  std::int64_t step = 0;          ///< where it ended
  bool forgiven = false;          ///< the user asked to go on after it
  std::string degraded;           ///< of its RESULT
  std::optional<Heartbeat> beat;  ///< of rank 0; only of the newest attempt that has one
};

/// One submission of this study's orchestrator.
struct SubmissionFact {
  std::string token;
  int number = 1;                ///< 1, 2, ... per run and study
  std::optional<int> exit_code;  ///< as a shell shows it; none: not known to have ended
  bool stopped = false;          ///< we asked it to stop: its end is nobody's fault
  bool forgiven = false;
  bool owner_alive = false;  ///< the orchestrator that submitted it still runs
};

struct RunFacts {
  std::string damage;             ///< not empty: a file that cannot be read, and which
  std::optional<EndReason> done;  ///< DONE exists, and its reason
  std::string done_detail;
  std::string degraded;  ///< of DONE
  int done_attempt = 0;  ///< that DONE is of
  bool process_alive =
      false;  ///< a process of this run is alive: here by its pid, elsewhere by its heartbeat
  bool cancelled = false;     ///< the user wants no more of it, and has not resumed it since
  std::string stopped_early;  ///< not empty: its cell can be on no frontier, and by what evidence
  std::vector<AttemptFact> attempts;        ///< by number; of a run that is done: none
  std::vector<SubmissionFact> submissions;  ///< by number
};

/// How often a run is started again by itself. Separate, as they mean different things.
struct RetryPolicy {
  int infrastructure = 3;  ///< failures of machine or network: crash, hang, storage, lost
  int time_outs = 100;     ///< orderly checkpoints that want to go on; each must show progress
};

struct Verdict {
  RunState state = RunState::fresh;
  std::string reason;               ///< one line for people; empty where the state says it all
  int infrastructure_failures = 0;  ///< that count against the budget: the next start waits longer
  bool operator==(const Verdict&) const = default;
};

/// new, or something that goes on by itself.
bool wants_to_run(RunState state);

/// "killed by signal 9 (often: ...)": how a process ended, for people.
std::string killed_by(int signal);

Verdict judge(const RunFacts& facts, const RetryPolicy& policy);

}  // namespace lockstep
