// Made-up JPEG pictures, and folders of them in ImageNet's layout.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "trainer/data/jpeg.hpp"

namespace lockstep::test {

/// Rows of red, green and blue bytes: smooth, another picture for every `number`.
std::vector<std::uint8_t> smooth_pixels(const PictureSize& size, int number);
/// The same as a JPEG.
std::string smooth_jpeg(const PictureSize& size, int number, int quality = 95);

/// One colour, with `components` 1 (grey) or 4 (CMYK as Adobe stores it), straight by libjpeg.
std::string plain_jpeg(const PictureSize& size, const std::vector<std::uint8_t>& colour);

void write_file(const std::filesystem::path& path, const std::string& bytes);

/// `folder`/<class>/<number>.JPEG: classes "n0", "n1", ...; `counts` pictures each, of various
/// sizes. The colours of a class are alike, so that it can be learned.
void write_picture_tree(const std::filesystem::path& folder, const std::vector<int>& counts,
                        int first_number = 0);

}  // namespace lockstep::test
