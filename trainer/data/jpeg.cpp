#include "trainer/data/jpeg.hpp"

#include <csetjmp>
#include <cstddef>
#include <cstdio>
// libjpeg's headers need the two above.
#include <fmt/format.h>
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace lockstep {

namespace {
/// A header may announce 65,500 x 65,500; nobody photographs that for a data set.
constexpr std::int64_t kMostPixels = std::int64_t{1} << 28;
constexpr std::int64_t kBytesPerPixel = 4;

/// Where libjpeg jumps to with an error: the frame of attempt(), which has nothing to destroy.
struct ErrorPlace {
  jpeg_error_mgr manager{};
  std::jmp_buf jump{};
  char message[JMSG_LENGTH_MAX]{};
};

ErrorPlace& place_of(j_common_ptr info) { return *static_cast<ErrorPlace*>(info->client_data); }

extern "C" void lockstep_jpeg_error(j_common_ptr info) {
  ErrorPlace& place = place_of(info);
  place.manager.format_message(info, place.message);
  std::longjmp(place.jump, 1);
}

/// Of the warnings, those after which pixels are made up are errors.
extern "C" void lockstep_jpeg_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
      lockstep_jpeg_error(info);
      break;
    default:
      break;
  }
}

jpeg_error_mgr* set_up(ErrorPlace& place) {
  jpeg_std_error(&place.manager);
  place.manager.error_exit = lockstep_jpeg_error;
  place.manager.emit_message = lockstep_jpeg_message;
  return &place.manager;
}

/// Calls `action`, whose frames hold nothing but plain values, as an error leaves them by longjmp.
template <typename Action>
bool attempt(ErrorPlace& place, const Action& action) {
  if (setjmp(place.jump) != 0) return false;
  action();
  return true;
}

/// Reduction as num/8: as small as the window allows without becoming smaller than what is asked.
unsigned reduction(const PictureSize& window, const PictureSize& out) {
  for (const unsigned num : {1u, 2u, 4u}) {
    if (window.height * num >= out.height * 8 && window.width * num >= out.width * 8) return num;
  }
  return 8;
}

/// CMYK to RGB in place; Adobe stores it inverted, and so does everybody else.
void from_cmyk(std::vector<std::uint8_t>& pixels) {
  for (std::size_t i = 0; i + 3 < pixels.size(); i += 4) {
    for (std::size_t c = 0; c < 3; ++c)
      pixels[i + c] = static_cast<std::uint8_t>(pixels[i + c] * pixels[i + 3] / 255);
  }
}
}  // namespace

struct JpegDecoder::State {
  ErrorPlace place;
  jpeg_decompress_struct info{};

  State() {
    info.err = set_up(place);
    info.client_data = &place;
    if (!attempt(place, [this] { jpeg_create_decompress(&info); })) throw JpegError(place.message);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { jpeg_destroy_decompress(&info); }

  void read_header(std::span<const std::uint8_t> jpeg) {
    jpeg_mem_src(&info, jpeg.data(), static_cast<unsigned long>(jpeg.size()));
    jpeg_read_header(&info, TRUE);
  }
  PictureSize size() const {
    return {static_cast<std::int64_t>(info.image_height),
            static_cast<std::int64_t>(info.image_width)};
  }
  bool is_cmyk() const {
    return info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  }
  void start(unsigned num) {
    info.out_color_space = is_cmyk() ? JCS_CMYK : JCS_EXT_RGBX;
    info.dct_method = JDCT_ISLOW;
    info.scale_num = num;
    info.scale_denom = 8;
    jpeg_start_decompress(&info);
  }
  void read_rows(std::uint8_t* to, std::int64_t rows) {
    for (std::int64_t row = 0; row < rows; to += info.output_width * kBytesPerPixel) {
      JSAMPROW scanline = to;
      row += jpeg_read_scanlines(&info, &scanline, 1);
    }
  }

  /// Throws what libjpeg says, with the decoder ready for another picture.
  template <typename Action>
  void must(const Action& action) {
    if (attempt(place, action)) return;
    const std::string message = place.message;
    jpeg_abort_decompress(&info);
    throw JpegError(message);
  }
  void refuse(const std::string& message) {
    jpeg_abort_decompress(&info);
    throw JpegError(message);
  }
};

JpegDecoder::JpegDecoder() : state_(std::make_unique<State>()) {}
JpegDecoder::~JpegDecoder() = default;
JpegDecoder::JpegDecoder(JpegDecoder&&) noexcept = default;
JpegDecoder& JpegDecoder::operator=(JpegDecoder&&) noexcept = default;

PictureSize JpegDecoder::size(std::span<const std::uint8_t> jpeg) {
  State& state = *state_;
  state.must([&] { state.read_header(jpeg); });
  const PictureSize size = state.size();
  if (size.height * size.width > kMostPixels)
    state.refuse(
        fmt::format("it announces {} x {} pixels, which is too large", size.width, size.height));
  jpeg_abort_decompress(&state.info);
  return size;
}

void JpegDecoder::check(std::span<const std::uint8_t> jpeg) {
  State& state = *state_;
  const PictureSize whole = size(jpeg);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(whole.width * kBytesPerPixel));
  state.must([&] {
    state.read_header(jpeg);
    state.start(1);
    for (auto left = static_cast<std::int64_t>(state.info.output_height); left > 0; --left)
      state.read_rows(row.data(), 1);
    jpeg_finish_decompress(&state.info);
  });
}

void JpegDecoder::decode(std::span<const std::uint8_t> jpeg, const Crop& crop,
                         const PictureSize& out, DecodedRegion& region) {
  State& state = *state_;
  const PictureSize& window = crop.window;
  const unsigned num = reduction(window, out);
  state.must([&] { state.read_header(jpeg); });
  const PictureSize whole = state.size();
  if (window.height < 1 || window.width < 1 || crop.down < 0 || crop.right < 0 ||
      crop.down > whole.height - window.height || crop.right > whole.width - window.width)
    state.refuse(
        fmt::format("it has {} x {} pixels, too few for the window", whole.width, whole.height));
  state.must([&] { state.start(num); });
  const double scale = num / 8.0;
  const auto first_row = static_cast<std::int64_t>(static_cast<double>(crop.down) * scale);
  const auto last_row = std::min<std::int64_t>(
      std::llround(std::ceil(static_cast<double>(crop.down + window.height) * scale)),
      state.info.output_height);
  const auto first_column = static_cast<std::int64_t>(static_cast<double>(crop.right) * scale);
  const auto last_column = std::min<std::int64_t>(
      std::llround(std::ceil(static_cast<double>(crop.right + window.width) * scale)),
      state.info.output_width);
  JDIMENSION left = static_cast<JDIMENSION>(first_column);
  JDIMENSION width = static_cast<JDIMENSION>(last_column - first_column);
  state.must([&] {  // whole blocks: to the left of what is asked, and wider
    if (width < state.info.output_width) jpeg_crop_scanline(&state.info, &left, &width);
  });
  region.height = last_row - first_row;
  region.width = state.info.output_width;
  region.pixels.resize(static_cast<std::size_t>(region.height * region.width * kBytesPerPixel));
  state.must([&] {
    if (first_row > 0) jpeg_skip_scanlines(&state.info, static_cast<JDIMENSION>(first_row));
    state.read_rows(region.pixels.data(), region.height);
  });
  const bool cmyk = state.is_cmyk();
  jpeg_abort_decompress(&state.info);
  if (cmyk) from_cmyk(region.pixels);
  region.top = static_cast<double>(crop.down) * scale - static_cast<double>(first_row);
  region.left = static_cast<double>(crop.right) * scale - static_cast<double>(left);
  region.window_height = static_cast<double>(window.height) * scale;
  region.window_width = static_cast<double>(window.width) * scale;
}

std::vector<std::uint8_t> encode_jpeg(std::span<const std::uint8_t> pixels, const PictureSize& size,
                                      int quality) {
  ErrorPlace place;
  jpeg_compress_struct info{};
  info.err = set_up(place);
  info.client_data = &place;
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  const bool done = attempt(place, [&] {
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &bytes, &count);
    info.image_width = static_cast<JDIMENSION>(size.width);
    info.image_height = static_cast<JDIMENSION>(size.height);
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    info.dct_method = JDCT_ISLOW;
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
      // libjpeg does not write to it.
      auto* row = const_cast<std::uint8_t*>(pixels.data()) +
                  std::size_t{3} * info.next_scanline * info.image_width;
      jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
  });
  jpeg_destroy_compress(&info);
  const std::unique_ptr<unsigned char, void (*)(void*)> owner(bytes, std::free);
  if (!done) throw JpegError(place.message);
  return {bytes, bytes + count};
}

std::string jpeg_library() {
#ifdef LIBJPEG_TURBO_VERSION
#define LOCKSTEP_TEXT(x) #x
#define LOCKSTEP_TEXT_OF(x) LOCKSTEP_TEXT(x)
  return "libjpeg-turbo " LOCKSTEP_TEXT_OF(LIBJPEG_TURBO_VERSION) ", islow DCT";
#else
#error "libjpeg-turbo is needed: jpeg_crop_scanline and jpeg_skip_scanlines are its own"
#endif
}

}  // namespace lockstep
