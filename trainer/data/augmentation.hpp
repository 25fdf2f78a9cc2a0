// Random crops and mirror images of training pictures. A draw is a pure function of (seed, epoch,
// sample), so every number of processes and every resume sees the same pixels. Only training draws:
// evaluation, and recalibration of BatchNorm for it, look at pictures as they are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lockstep {

/// Which part of a padded picture is seen. The default is the picture itself.
struct Crop {
  std::int64_t down = 0;   ///< pixels that the window is moved down, negative: up
  std::int64_t right = 0;  ///< pixels that the window is moved right, negative: left
  bool mirrored = false;   ///< left and right swapped, after the move
};

/// Pixels of padding on each side, as in He et al. 2016, section 4.2.
inline constexpr std::int64_t kCropPadding = 4;

/// One crop per sample: moved by at most kCropPadding each way and mirrored for every second one,
/// all equally likely.
std::vector<Crop> draw_crops(std::span<const std::int64_t> samples, std::int64_t seed,
                             std::int64_t epoch);

}  // namespace lockstep
