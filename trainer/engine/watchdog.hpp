// A thread that ends the process when training stands still: a peer that died or hangs must not
// hold the others.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace lockstep {

class Watchdog {
 public:
  /// Calls `bark` from its own thread once `deadline_s` pass without a sign of life; never if it is
  /// 0.
  Watchdog(double deadline_s, std::function<void()> bark);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// From any thread.
  void alive();

 private:
  void watch();

  std::chrono::duration<double> deadline_;
  std::function<void()> bark_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::chrono::steady_clock::time_point last_sign_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace lockstep
