#include "orchestrator/schedule/stop_signals.hpp"

#include <time.h>

#include <atomic>
#include <cstdint>
#include <cstring>

namespace lockstep {

namespace {
constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};  // SIGHUP last
constexpr std::int64_t kTogetherNs = 500'000'000;

// All that the handler touches.
std::atomic<int> arrived{0};
std::atomic<std::int64_t> counted_ns{0};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

extern "C" void count_signal(int) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);  // async-signal-safe, and leaves errno alone
  const std::int64_t now_ns = std::int64_t{1'000'000'000} * now.tv_sec + now.tv_nsec;
  if (arrived > 0 && now_ns - counted_ns < kTogetherNs) return;
  counted_ns = now_ns;
  ++arrived;
}
}  // namespace

StopSignals::StopSignals() {
  arrived = 0;
  struct sigaction action;
  std::memset(&action, 0, sizeof action);
  action.sa_handler = count_signal;  // no SA_RESTART: sleeps end early
  for (int i = 0; i < 3; ++i) ::sigaction(kSignals[i], &action, &before_[i]);
  // nohup, or a supervisor in the background: the terminal may go.
  if (before_[2].sa_handler == SIG_IGN) ::sigaction(SIGHUP, &before_[2], nullptr);
}

StopSignals::~StopSignals() {
  for (int i = 0; i < 3; ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
}

int StopSignals::count() const { return arrived; }

}  // namespace lockstep
