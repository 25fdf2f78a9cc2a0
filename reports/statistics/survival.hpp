// Time to an accuracy, with runs that have not got there. Misses are never dropped: that would
// favour whoever misses often.
#pragma once

#include <vector>

namespace lockstep {

/// What is known of one run's time to the target.
struct Outcome {
  enum class Kind {
    reached,   ///< at `time`
    never,     ///< finished its schedule or diverged without reaching it: infinity
    censored,  ///< still training: not reached by `time`
  } kind = Kind::reached;
  double time = 0;  ///< of no meaning for `never`
};

/// Kaplan-Meier over outcomes.
struct Survival {
  int n = 0;
  int reached = 0;
  double success_rate = 0;     ///< reached / n
  double median = 0;           ///< first time at which half have reached it; infinity: not reached
  double restricted_mean = 0;  ///< area under the curve up to `bound`
  double bound = 0;
};

/// `bound` of the restricted mean: seconds, printed beside it. With one common budget and no other
/// censoring the median is the lower median with misses as infinity.
Survival survival(std::vector<Outcome> outcomes, double bound);

}  // namespace lockstep
