// What is seen of a picture: windows, their decoding and resizing.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "tests/support/picture_files.hpp"
#include "trainer/data/augmentation.hpp"

namespace lockstep::test {

namespace {
using Int = std::int64_t;
using Bytes = std::vector<std::uint8_t>;

Bytes seen(const std::string& jpeg, const Crop& crop, const PictureSize& out) {
  JpegDecoder decoder;
  DecodedRegion region;
  Bytes pixels(static_cast<std::size_t>(3 * out.height * out.width));
  decoder.decode({reinterpret_cast<const std::uint8_t*>(jpeg.data()), jpeg.size()}, crop, out,
                 region);
  resample(region, out, crop.mirrored, pixels.data());
  return pixels;
}

/// Mean over the window's part of the picture that an output pixel covers, straight from the
/// pixels.
double area_mean(const Bytes& pixels, const PictureSize& size, const Crop& crop,
                 const PictureSize& out, Int y, Int x, int c) {
  const double step_y = static_cast<double>(crop.window.height) / static_cast<double>(out.height);
  const double step_x = static_cast<double>(crop.window.width) / static_cast<double>(out.width);
  const Int column = crop.mirrored ? out.width - 1 - x : x;
  const auto at = [&](double row, double col) {
    const auto r = std::clamp<Int>(static_cast<Int>(row), 0, size.height - 1);
    const auto k = std::clamp<Int>(static_cast<Int>(col), 0, size.width - 1);
    return static_cast<double>(pixels[static_cast<std::size_t>(3 * (r * size.width + k) + c)]);
  };
  double sum = 0;
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < 8; ++j)
      sum += at(
          static_cast<double>(crop.down) + step_y * (static_cast<double>(y) + (i + 0.5) / 8),
          static_cast<double>(crop.right) + step_x * (static_cast<double>(column) + (j + 0.5) / 8));
  }
  return sum / 64;
}
}  // namespace

TEST_CASE("a window of a picture is what its pixels say, at every reduction and place") {
  const PictureSize size{240, 330};
  const Bytes pixels = smooth_pixels(size, 3);
  const std::string jpeg = smooth_jpeg(size, 3, 98);
  const std::vector<Crop> crops = {{0, 0, false, size},        {0, 0, true, size},
                                   {100, 37, false, {64, 80}}, {139, 250, true, {101, 80}},
                                   {3, 5, false, {200, 300}},  {239, 329, false, {1, 1}}};
  for (const Crop& crop : crops) {
    for (const PictureSize out : {PictureSize{16, 16}, {31, 50}, {224, 224}}) {
      const Bytes got = seen(jpeg, crop, out);
      double sum = 0, most = 0;
      for (Int y = 0; y < out.height; ++y) {
        for (Int x = 0; x < out.width; ++x) {
          for (int c = 0; c < 3; ++c) {
            const double is = got[static_cast<std::size_t>(3 * (y * out.width + x) + c)];
            const double off = std::abs(is - area_mean(pixels, size, crop, out, y, x, c));
            sum += off;
            most = std::max(most, off);
          }
        }
      }
      INFO(crop.down << ", " << crop.right << ", window " << crop.window.height << " x "
                     << crop.window.width << ", out " << out.height << " x " << out.width);
      // JPEG's own loss, half brightnesses of rounding, and filters that differ at edges.
      CHECK(sum / static_cast<double>(3 * out.height * out.width) < 2.5);
      CHECK(most < 30);
    }
  }
}

TEST_CASE("grey and CMYK pictures become colours") {
  const PictureSize size{20, 24}, out{8, 8};
  const Crop whole{.window = size};
  for (const std::uint8_t value : seen(plain_jpeg(size, {77}), whole, out))
    REQUIRE(std::abs(value - 77) <= 1);
  // Inverted: 255 is no ink. Red is full magenta and yellow, at 80 % of the light.
  const Bytes red = seen(plain_jpeg(size, {255, 0, 0, 204}), whole, out);
  for (std::size_t i = 0; i < red.size(); i += 3) {
    REQUIRE(std::abs(red[i] - 204) <= 2);
    REQUIRE(red[i + 1] <= 2);
    REQUIRE(red[i + 2] <= 2);
  }
}

TEST_CASE("a decoder goes on after an error") {
  const std::string good = smooth_jpeg({64, 64}, 1);
  JpegDecoder decoder;
  DecodedRegion region;
  const auto decode = [&](const std::string& jpeg) {
    decoder.decode({reinterpret_cast<const std::uint8_t*>(jpeg.data()), jpeg.size()},
                   {.window = {64, 64}}, {64, 64}, region);
    return region.pixels;
  };
  const auto pixels = decode(good);
  for (std::size_t length = 0; length + 2 < good.size(); length += 11)
    REQUIRE_THROWS_AS(decode(good.substr(0, length)), JpegError);
  std::string huge = good;  // a header of 65,500 x 65,500
  const auto frame = huge.find("\xff\xc0");
  REQUIRE(frame != std::string::npos);
  huge.replace(frame + 5, 4, "\xff\xdc\xff\xdc");
  CHECK_THROWS_AS(decoder.size({reinterpret_cast<const std::uint8_t*>(huge.data()), huge.size()}),
                  JpegError);
  CHECK(decode(good) == pixels);
}

TEST_CASE(
    "resized crops lie in the picture, have the area and ratio they should, and depend on seed, "
    "epoch and sample alone") {
  std::vector<Int> samples(20000);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<Int>(i);
  const std::vector<PictureSize> sizes(samples.size(), {375, 500});
  const auto crops = draw_resized_crops(samples, sizes, 1, 0);
  double share = 0, mirrored = 0, wide = 0, down = 0;
  for (const Crop& crop : crops) {
    const auto& window = crop.window;
    REQUIRE(crop.down >= 0);
    REQUIRE(crop.right >= 0);
    REQUIRE(crop.down + window.height <= 375);
    REQUIRE(crop.right + window.width <= 500);
    const double ratio = static_cast<double>(window.width) / static_cast<double>(window.height);
    REQUIRE(ratio > 0.74);
    REQUIRE(ratio < 1.35);
    share += static_cast<double>(window.height * window.width) / (375.0 * 500.0);
    mirrored += crop.mirrored;
    wide += ratio > 1;
    if (window.height < 375)
      down += static_cast<double>(crop.down) / static_cast<double>(375 - window.height);
  }
  const auto n = static_cast<double>(crops.size());
  CHECK(mirrored / n == Approx(0.5).margin(0.018));  // 5 standard errors
  CHECK(down / n == Approx(0.5).margin(0.03));
  // Large windows seldom fit and are drawn anew: well below (0.08 + 1) / 2.
  CHECK(share / n > 0.40);
  CHECK(share / n < 0.50);
  CHECK(wide / n > 0.45);
  CHECK(wide / n < 0.65);

  const auto same = [](const Crop& a, const Crop& b) {
    return a.down == b.down && a.right == b.right && a.mirrored == b.mirrored &&
           a.window == b.window;
  };
  const std::vector<Int> two = {samples[777], samples[5]};
  const auto alone = draw_resized_crops(two, std::vector<PictureSize>(2, {375, 500}), 1, 0);
  CHECK(same(alone[0], crops[777]));
  CHECK(same(alone[1], crops[5]));
  CHECK_FALSE(
      same(draw_resized_crops(two, std::vector<PictureSize>(2, {375, 500}), 2, 0)[0], alone[0]));
  CHECK_FALSE(
      same(draw_resized_crops(two, std::vector<PictureSize>(2, {375, 500}), 1, 1)[0], alone[0]));
}

TEST_CASE("pictures too narrow for any ratio are seen in their middle") {
  const std::vector<Int> samples = {0, 1, 2};
  const std::vector<PictureSize> sizes = {{1, 400}, {400, 10}, {1, 1}};
  const auto crops = draw_resized_crops(samples, sizes, 1, 0);
  for (std::size_t i = 0; i < crops.size(); ++i) {
    const Crop& crop = crops[i];
    CHECK(crop.window.height >= 1);
    CHECK(crop.window.width >= 1);
    CHECK(crop.down + crop.window.height <= sizes[i].height);
    CHECK(crop.right + crop.window.width <= sizes[i].width);
  }
  const Crop centre = centre_crop({375, 500});
  CHECK(centre.window == PictureSize{328, 328});
  CHECK(centre.down == 23);
  CHECK(centre.right == 86);
  CHECK(centre_crop({1, 9}).window == PictureSize{1, 1});
}

}  // namespace lockstep::test
