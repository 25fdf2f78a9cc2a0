// Ctrl-C and friends, counted. While an object lives, SIGINT, SIGTERM and SIGHUP only raise a
// counter; sleeps return early. Signals of the same half second count as one: timeout(1) sends one
// to its child and one to the group. SIGHUP stays ignored where it was, as under nohup.
#pragma once

#include <signal.h>

namespace lockstep {

class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();
  /// How many arrived since the object was made.
  int count() const;

 private:
  struct sigaction before_[3];
};

}  // namespace lockstep
