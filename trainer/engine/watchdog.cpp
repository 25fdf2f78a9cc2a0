#include "trainer/engine/watchdog.hpp"

namespace lockstep {

Watchdog::Watchdog(double deadline_s, std::function<void()> bark)
    : deadline_(deadline_s), bark_(std::move(bark)), last_sign_(std::chrono::steady_clock::now()) {
  if (deadline_s > 0) thread_ = std::thread([this] { watch(); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::alive() {
  const std::lock_guard lock(mutex_);
  last_sign_ = std::chrono::steady_clock::now();
}

void Watchdog::watch() {
  std::unique_lock lock(mutex_);
  while (!done_) {
    const auto due =
        last_sign_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(deadline_);
    if (std::chrono::steady_clock::now() >= due) {
      lock.unlock();
      bark_();
      return;
    }
    changed_.wait_until(lock, due);
  }
}

}  // namespace lockstep
