// JPEG pictures, by libjpeg-turbo. Its errors become JpegError and never end the process. Pixels
// depend on the library, on the DCT (the accurate integer one) and on the reduction that decoding a
// part of a picture begins with; jpeg_library() says which.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "trainer/data/augmentation.hpp"

namespace lockstep {

/// What libjpeg says is wrong with a picture.
struct JpegError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Decoded pixels of 4 bytes (red, green, blue, and one of no meaning), row by row, and where in
/// them the window lies that was asked for.
struct DecodedRegion {
  std::vector<std::uint8_t> pixels;
  std::int64_t height = 0, width = 0;
  double top = 0, left = 0, window_height = 0, window_width = 0;
};

class JpegDecoder {
 public:
  JpegDecoder();
  ~JpegDecoder();
  JpegDecoder(JpegDecoder&&) noexcept;
  JpegDecoder& operator=(JpegDecoder&&) noexcept;

  /// Of the picture that the header announces. Throws JpegError, as all of these do.
  PictureSize size(std::span<const std::uint8_t> jpeg);
  /// Decodes all of it, coarsely: damage anywhere is found.
  void check(std::span<const std::uint8_t> jpeg);
  /// Decodes the window that `crop` names and little around it, reduced to a half or a quarter or
  /// an eighth where it stays at least as large as `out`. `region` keeps its memory between calls.
  void decode(std::span<const std::uint8_t> jpeg, const Crop& crop, const PictureSize& out,
              DecodedRegion& region);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Resizes the window of `region` to `out` by a triangle filter as wide as one output pixel, and
/// mirrors it if asked: rows of red, green and blue bytes.
void resample(const DecodedRegion& region, const PictureSize& out, bool mirrored,
              std::uint8_t* pixels);

/// A baseline JPEG of rows of red, green and blue bytes; the same bytes for the same arguments.
std::vector<std::uint8_t> encode_jpeg(std::span<const std::uint8_t> pixels, const PictureSize& size,
                                      int quality);

/// "libjpeg-turbo 2.1.5, islow DCT".
std::string jpeg_library();

}  // namespace lockstep
