// What an attempt shows of itself while it works: to the watchdog of its process, and in
// heartbeat-rank<r> to the others. The look at the directory that comes with it finds a newer
// attempt, to which this one gives way.
#pragma once

#include <functional>
#include <string>

#include "results/record/run_directory.hpp"
#include "trainer/engine/watchdog.hpp"

namespace lockstep {

class SignOfLife {
 public:
  /// Publishes the first heartbeat. `give_way` must not return; it is called, after a line to
  /// stderr, as soon as a claim above `attempt` is seen. Arguments must outlive it.
  SignOfLife(const RunDirectory& directory, int attempt, int rank, std::int64_t total_steps,
             Watchdog& watchdog, std::function<void()> give_way);

  /// Training stands after `step`: where it begins, and at every event.
  void begin(std::int64_t step);
  void reached(std::int64_t step);
  /// Cheap, and called often: the heartbeat is republished every few seconds only.
  void alive();
  /// From now on heartbeats say so: checkpoints fail, and why.
  void degraded(const std::string& why);
  /// Looks for a newer attempt at once.
  void give_way_to_newer() const;

 private:
  void publish();

  const RunDirectory& directory_;
  int attempt_, rank_;
  std::int64_t total_steps_;
  Watchdog& watchdog_;
  std::function<void()> give_way_;
  std::int64_t step_ = 0, published_step_ = 0;
  double published_s_ = 0;
  std::string degraded_;
};

}  // namespace lockstep
