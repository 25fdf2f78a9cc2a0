// Jobs of one process each, started by a trainer that stays (`lockstep-train --serve`): its
// libraries and data are loaded once. A job is a process of its own, whose end does not touch the
// others. The server is a convenience, no truth: where it dies, its jobs are asked to checkpoint
// and are ours to wait for; where it does not do its work, jobs are given back to be started as
// plain processes.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/launch/process.hpp"
#include "orchestrator/launch/timer.hpp"
#include "orchestrator/launch/trainer_command.hpp"

namespace lockstep {

class ServedJobs {
 public:
  /// `start_deadline_s`: for a server to answer a job, its own start and the loading of data
  /// included.
  ServedJobs(TrainerSetup setup, Timer& timer, double start_deadline_s);
  /// The server ends; jobs that run are killed: wait for them before.
  ~ServedJobs();
  ServedJobs(const ServedJobs&) = delete;
  ServedJobs& operator=(const ServedJobs&) = delete;

  /// Hands a job over, starting a server where there is none. False where servers have failed too
  /// often: start it as a plain process.
  bool take(const Job& job);

  enum class State { waiting, running, ended, given_back };
  struct Status {
    State state = State::waiting;
    std::optional<Exit> exit;  ///< of an ended one
  };
  /// What became of a job that was taken. Does not wait. An answer of `ended` or `given_back` (it
  /// has not begun) is the last one: the job is forgotten.
  Status look(const std::string& token);

  /// To the job's group; a job that waits gets it when it begins.
  void signal(const std::string& token, int number);

 private:
  struct Held {
    State state = State::waiting;
    pid_t pid = 0;
    int signal = 0;  ///< to send when it begins
    double answer_by_s = 0;
    std::optional<Exit> exit;
    bool orphan = false;  ///< its server has died: it is our child now
  };

  bool start_server();
  void update();
  void hear();
  void obey(const nlohmann::ordered_json& event);
  void server_failed();
  void look_after_orphans();

  TrainerSetup setup_;
  Timer& timer_;
  const double start_deadline_s_;
  std::optional<Process> server_;
  int socket_ = -1;
  std::string heard_;  ///< bytes of a line that is not complete
  bool ready_ = false;
  int failures_ = 0;
  std::map<std::string, Held> jobs_;  ///< by token
};

}  // namespace lockstep
