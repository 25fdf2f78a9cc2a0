// Time as the scheduler sees it: a seam, so that tests need not wait.
#pragma once

namespace lockstep {

class Timer {
 public:
  virtual ~Timer() = default;
  /// Monotonic seconds from some fixed moment.
  virtual double now_s() = 0;
  /// Sleeps; may return early when a signal arrives.
  virtual void sleep_s(double seconds) = 0;
};

class SystemTimer : public Timer {
 public:
  double now_s() override;
  void sleep_s(double seconds) override;
};

}  // namespace lockstep
