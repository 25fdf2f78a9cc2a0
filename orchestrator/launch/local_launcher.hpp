// Jobs as child processes of this one, on this machine. At most `slots` at once; an exclusive job
// waits until it is alone. What a job prints goes to its log, opened before the job begins. If this
// process dies, the jobs get SIGTERM, checkpoint and end (process.hpp): nothing runs on unwatched.
#pragma once

#include <deque>
#include <map>

#include "orchestrator/launch/launcher.hpp"
#include "orchestrator/launch/timer.hpp"
#include "orchestrator/launch/trainer_command.hpp"

namespace lockstep {

struct LocalOptions {
  TrainerSetup trainer;
  int slots = 1;
  double grace_s = 60;  ///< between the stop signal and SIGKILL of a cancelled job
};

class LocalLauncher : public Launcher {
 public:
  /// `timer` must outlive the launcher. Use it from the main thread only.
  LocalLauncher(LocalOptions options, Timer& timer);
  /// Asks what still runs to checkpoint, waits for at most the grace period, then kills it.
  ~LocalLauncher() override;

  void submit(const Job& job) override;
  std::vector<JobStatus> poll(const std::vector<std::string>& tokens) override;
  void cancel(const std::vector<std::string>& tokens) override;
  /// Kills what runs, without a chance to checkpoint: the second Ctrl-C.
  void kill_all();

 private:
  struct Entry {
    Job job;
    JobStatus::State state = JobStatus::State::queued;
    std::optional<Process> process;
    std::optional<Exit> exit;
    double kill_at_s = 0;  ///< 0: not cancelled
  };

  void reap();
  void start_what_fits();
  void start(Entry& entry);
  bool fits(const Job& job) const;

  LocalOptions options_;
  Timer& timer_;
  std::map<std::string, Entry> entries_;
  std::deque<std::string> queue_;  ///< tokens, in the order of submission
  int running_ = 0;
  bool exclusive_running_ = false;
};

}  // namespace lockstep
