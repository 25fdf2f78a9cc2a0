// What a trainer prints: one line per evaluation, and on a terminal a progress bar with the time
// left.
#pragma once

#include <cstdint>

#include "results/record/records.hpp"

namespace lockstep {

class Progress {
 public:
  /// A silent one prints nothing: ranks other than 0.
  Progress(bool silent, std::int64_t total_steps, std::int64_t first_step);
  ~Progress();

  void step(std::int64_t step);
  void evaluation(const EvalRecord& record);

 private:
  void clear_bar();

  bool silent_, terminal_, bar_shown_ = false;
  std::int64_t total_steps_, first_step_;
  double start_s_, last_shown_s_ = 0;
};

}  // namespace lockstep
