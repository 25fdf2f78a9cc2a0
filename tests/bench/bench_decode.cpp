// Decoding of packed pictures for training (checksum, window, resize, mirror) on one core, against
// bare libjpeg-turbo that decodes the same files whole and does nothing else. PERFORMANCE: at least
// 95 % of it, at the worse end of the interval.
//   bench_decode
#include <cstddef>
#include <cstdio>
// libjpeg's header needs the two above.
#include <fmt/format.h>
#include <jpeglib.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/bench/bench_result.hpp"
#include "tests/support/temp_dir.hpp"
#include "trainer/data/pack_writer.hpp"
#include "trainer/data/packed_pictures.hpp"
#include "trainer/data/random.hpp"

namespace lockstep::bench {
namespace {
using Bytes = std::vector<std::uint8_t>;
constexpr std::int64_t kPictures = 48;
constexpr int kPairs = 20;
constexpr double kLeast = 0.95;
constexpr PictureSize kOut{224, 224};

struct Kind {
  const char* name;
  PictureSize size;
  int quality;
};
// Of ImageNet's mean size and bytes; of a copy reduced to 256 pixels on the shorter side.
constexpr Kind kKinds[] = {{"500 x 375", {375, 500}, 90}, {"341 x 256", {256, 341}, 90}};

/// Smooth shapes under grain, so that a photograph's number of bytes comes out.
Bytes picture(const PictureSize& size, std::int64_t number) {
  const CounterRandom random(number, Stream::synthetic_data);
  Bytes pixels;
  for (std::int64_t y = 0; y < size.height; ++y) {
    for (std::int64_t x = 0; x < size.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double wave = std::sin(0.03 * static_cast<double>(x + 40 * c + 7 * number)) +
                            std::cos(0.05 * static_cast<double>(y + 11 * number));
        const double grain = random.normal(static_cast<std::uint64_t>(y * size.width + x));
        pixels.push_back(
            static_cast<std::uint8_t>(std::clamp(128 + 40 * wave + 12 * grain, 0.0, 255.0)));
      }
    }
  }
  return pixels;
}

/// All of a picture to RGB, as libjpeg-turbo's example does it.
void decode_bare(std::string_view jpeg, Bytes& pixels) {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(jpeg.data()),
               static_cast<unsigned long>(jpeg.size()));
  jpeg_read_header(&info, TRUE);
  info.out_color_space = JCS_RGB;
  jpeg_start_decompress(&info);
  const std::size_t stride = std::size_t{3} * info.output_width;
  pixels.resize(stride * info.output_height);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = pixels.data() + stride * info.output_scanline;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
}

template <typename Action>
double pictures_per_s(const Action& action) {
  const auto begin = std::chrono::steady_clock::now();
  action();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(kPictures) / took.count();
}

bool measure(const Kind& kind) {
  const test::TempDir temporary;
  const auto folder = temporary.path() / "pictures" / "a";
  std::filesystem::create_directories(folder);
  std::vector<std::string> files;
  for (std::int64_t i = 0; i < kPictures; ++i) {
    const Bytes jpeg = encode_jpeg(picture(kind.size, i), kind.size, kind.quality);
    files.emplace_back(jpeg.begin(), jpeg.end());
    std::ofstream(folder / fmt::format("{:03}.jpg", i), std::ios::binary) << files.back();
  }
  const auto pack = temporary.path() / "x.pack";
  const PackedFile packed = pack_pictures(folder.parent_path(), pack, {}, [](auto, auto) {});
  const PackedPictures pictures(pack, kOut);

  std::vector<std::int64_t> samples;
  std::vector<PictureSize> sizes;
  for (std::int64_t i = 0; i < kPictures; ++i) {
    samples.push_back(i);
    sizes.push_back(pictures.size_of(i));
  }
  JpegDecoder decoder;
  DecodedRegion region;
  Bytes bare, seen(static_cast<std::size_t>(3 * kOut.height * kOut.width));
  const auto with = [&](const std::vector<Crop>& crops) {
    return pictures_per_s([&] {
      for (std::int64_t i = 0; i < kPictures; ++i)
        pictures.read(i, crops[static_cast<std::size_t>(i)], decoder, region, seen.data());
    });
  };
  std::vector<Crop> centre;
  for (const PictureSize& size : sizes) centre.push_back(centre_crop(size));
  std::vector<double> peers, training, evaluation, ratios;
  for (int pair = -2; pair < kPairs; ++pair) {
    const auto crops = draw_resized_crops(samples, sizes, 1, pair);
    const double ours = with(crops);
    const double peer = pictures_per_s([&] {
      for (const std::string& jpeg : files) decode_bare(jpeg, bare);
    });
    const double middle = with(centre);
    if (pair < 0) continue;
    training.push_back(ours);
    peers.push_back(peer);
    evaluation.push_back(middle);
    ratios.push_back(ours / peer);
  }
  const Interval ratio = median_interval(ratios);
  const bool pass = ratio.low >= kLeast;
  const double kilobytes = 1e-3 * static_cast<double>(packed.bytes) / kPictures;
  fmt::print(
      "{}  {}, {:.0f} kB: {:.0f} pictures/s for training, {:.0f} for evaluation, bare "
      "libjpeg-turbo {:.0f}; ratio {:.2f} [{:.2f}, {:.2f}] (at least {})\n",
      verdict(pass), kind.name, kilobytes, median_interval(training).median,
      median_interval(evaluation).median, median_interval(peers).median, ratio.median, ratio.low,
      ratio.high, kLeast);
  print_json("decode", {{"pictures", kind.name},
                        {"kilobytes", kilobytes},
                        {"library", jpeg_library()},
                        {"training_per_s", to_json(median_interval(training))},
                        {"evaluation_per_s", to_json(median_interval(evaluation))},
                        {"bare_per_s", to_json(median_interval(peers))},
                        {"ratio", to_json(ratio)},
                        {"pass", pass}});
  return pass;
}

int run() {
  bool all = true;
  for (const Kind& kind : kKinds) all = measure(kind) && all;
  return all ? 0 : 1;
}
}  // namespace
}  // namespace lockstep::bench

int main() { return lockstep::bench::run(); }
