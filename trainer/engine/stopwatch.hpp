// Where the seconds of a process go. Intervals are added up; no clock is ever paused.
#pragma once

#include <chrono>

namespace lockstep {

/// Seconds of the monotonic clock since some fixed point.
inline double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Adds the time from its construction to its destruction to `total_s`.
class TimedScope {
 public:
  explicit TimedScope(double& total_s) : total_s_(total_s), start_s_(now_s()) {}
  ~TimedScope() { total_s_ += now_s() - start_s_; }
  TimedScope(const TimedScope&) = delete;
  TimedScope& operator=(const TimedScope&) = delete;

 private:
  double& total_s_;
  double start_s_;
};

/// Seconds of local steps, over all workers that the process hosts.
struct StepSeconds {
  double data = 0;
  double compute = 0;  ///< forward, backward and update; backward included
  double backward = 0;
};

}  // namespace lockstep
