// Autocast of CPU operations to bfloat16 while an object lives: matrix products and convolutions
// take and give bfloat16, what needs the range (losses, statistics of BatchNorm) stays float32. For
// forward passes only: backward replays the casts by itself.
#pragma once

namespace lockstep {

class Autocast {
 public:
  /// `on` false: does nothing. One at a time per thread.
  explicit Autocast(bool on);
  /// Forgets the cast weights too: with them kept, the weights of the first step would serve for
  /// ever, and only what is not cast would learn.
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_;
};

}  // namespace lockstep
