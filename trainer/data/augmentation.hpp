// Random crops and mirror images of training pictures. A draw is a pure function of (seed, epoch,
// sample), so every number of processes and every resume sees the same pixels. Only training draws:
// evaluation, and recalibration of BatchNorm for it, look at pictures as they are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lockstep {

struct PictureSize {
  std::int64_t height = 0, width = 0;
  bool operator==(const PictureSize&) const = default;
};

/// Which part of a padded picture is seen. The default is the picture itself.
struct Crop {
  std::int64_t down = 0;   ///< pixels that the window is moved down, negative: up
  std::int64_t right = 0;  ///< pixels that the window is moved right, negative: left
  bool mirrored = false;   ///< left and right swapped, after the move
  /// Of packed pictures only, which have any size: the window is resized to what is given out.
  PictureSize window = {};
};

/// Pixels of padding on each side, as in He et al. 2016, section 4.2.
inline constexpr std::int64_t kCropPadding = 4;

/// One crop per sample: moved by at most kCropPadding each way and mirrored for every second one,
/// all equally likely.
std::vector<Crop> draw_crops(std::span<const std::int64_t> samples, std::int64_t seed,
                             std::int64_t epoch);

/// One crop per sample of a picture of that size, to be resized: 8 to 100 % of its area, ratio of
/// the sides from 3/4 to 4/3, anywhere in it, every second one mirrored (Szegedy et al. 2015,
/// section 6). Ten windows are tried; if none fits, the largest one in the middle that has such a
/// ratio.
std::vector<Crop> draw_resized_crops(std::span<const std::int64_t> samples,
                                     std::span<const PictureSize> sizes, std::int64_t seed,
                                     std::int64_t epoch);

/// What evaluation sees of a picture: the square in its middle whose side is 224/256 of the shorter
/// side.
Crop centre_crop(const PictureSize& size);

}  // namespace lockstep
