// Jobs as child processes of this one, on this machine. At most `slots` at once; an exclusive job
// waits until it is alone. What a job prints goes to its log, opened before the job begins. If this
// process dies, the jobs get SIGTERM, checkpoint and end (process.hpp): nothing runs on unwatched.
// Jobs of one process are started by a server, which spares each of them the loading of libraries
// and data (served_jobs.hpp).
#pragma once

#include <deque>
#include <map>

#include "orchestrator/launch/launcher.hpp"
#include "orchestrator/launch/served_jobs.hpp"
#include "orchestrator/launch/timer.hpp"
#include "orchestrator/launch/trainer_command.hpp"

namespace lockstep {

struct LocalOptions {
  TrainerSetup trainer;
  int slots = 1;
  double grace_s = 60;             ///< between the stop signal and SIGKILL of a cancelled job
  bool serve = true;               ///< false: every job is a program of its own
  double server_deadline_s = 120;  ///< for the server to answer; LibTorch on a busy disk takes long
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
    bool served = false;      ///< the server has it
    bool given_back = false;  ///< the server did not start it
    std::optional<Exit> exit;
    double kill_at_s = 0;  ///< 0: not cancelled
  };

  void reap();
  void start_what_fits();
  void start(Entry& entry);
  void look_at(Entry& entry);
  void end(Entry& entry, JobStatus::State state);
  void signal(Entry& entry, int number);
  bool fits(const Job& job) const;

  LocalOptions options_;
  Timer& timer_;
  ServedJobs served_;
  std::map<std::string, Entry> entries_;
  std::deque<std::string> queue_;  ///< tokens, in the order of submission
  int running_ = 0;
  bool exclusive_running_ = false;
};

}  // namespace lockstep
