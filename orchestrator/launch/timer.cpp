#include "orchestrator/launch/timer.hpp"

#include <time.h>

#include <chrono>
#include <cmath>

namespace lockstep {

double SystemTimer::now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void SystemTimer::sleep_s(double seconds) {
  const double whole = std::floor(seconds);
  const timespec wanted{static_cast<time_t>(whole), static_cast<long>((seconds - whole) * 1e9)};
  ::nanosleep(&wanted, nullptr);
}

}  // namespace lockstep
