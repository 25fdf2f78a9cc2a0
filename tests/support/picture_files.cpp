#include "tests/support/picture_files.hpp"

#include <cstddef>
#include <cstdio>
// libjpeg's header needs the two above.
#include <jpeglib.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

namespace lockstep::test {

std::vector<std::uint8_t> smooth_pixels(const PictureSize& size, int number) {
  std::vector<std::uint8_t> pixels;
  for (std::int64_t y = 0; y < size.height; ++y) {
    for (std::int64_t x = 0; x < size.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double wave = std::sin(0.03 * static_cast<double>(x) + c + number) +
                            std::cos(0.02 * static_cast<double>(y) + 2 * c + 3 * number);
        pixels.push_back(static_cast<std::uint8_t>(128 + 50 * wave));
      }
    }
  }
  return pixels;
}

std::string smooth_jpeg(const PictureSize& size, int number, int quality) {
  const auto jpeg = encode_jpeg(smooth_pixels(size, number), size, quality);
  return {jpeg.begin(), jpeg.end()};
}

std::string plain_jpeg(const PictureSize& size, const std::vector<std::uint8_t>& colour) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  jpeg_mem_dest(&info, &bytes, &count);
  info.image_width = static_cast<JDIMENSION>(size.width);
  info.image_height = static_cast<JDIMENSION>(size.height);
  info.input_components = static_cast<int>(colour.size());
  info.in_color_space = colour.size() == 1 ? JCS_GRAYSCALE : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_start_compress(&info, TRUE);
  std::vector<std::uint8_t> row;
  for (std::int64_t x = 0; x < size.width; ++x) row.insert(row.end(), colour.begin(), colour.end());
  for (std::int64_t y = 0; y < size.height; ++y) {
    JSAMPROW scanline = row.data();
    jpeg_write_scanlines(&info, &scanline, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string jpeg(bytes, bytes + count);
  std::free(bytes);
  return jpeg;
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

void write_picture_tree(const std::filesystem::path& folder, const std::vector<int>& counts,
                        int first_number) {
  for (std::size_t label = 0; label < counts.size(); ++label) {
    std::string of_class = "n";
    of_class += std::to_string(label);
    for (int i = first_number; i < first_number + counts[label]; ++i) {
      const PictureSize size{30 + 7 * (i % 5), 40 + 3 * (i % 4)};
      write_file(folder / of_class / (std::to_string(100 + i) + ".JPEG"),
                 smooth_jpeg(size, static_cast<int>(label) * 2 + 10 * i));
    }
  }
}

}  // namespace lockstep::test
