#include "orchestrator/schedule/stop_signals.hpp"

#include <cstring>

namespace lockstep {

namespace {
constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};  // SIGHUP last
volatile sig_atomic_t arrived = 0;                     // the only thing that a handler may touch
extern "C" void count_signal(int) { arrived = arrived + 1; }
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
