#include "trainer/engine/tensor_header.hpp"

#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "results/record/record_error.hpp"

namespace lockstep {

namespace {
using Json = nlohmann::ordered_json;
constexpr std::uint64_t kMaxHeader = 100'000'000;  ///< the format's own limit
constexpr std::size_t kMaxRank = 64;               ///< more extents than LibTorch can index
constexpr const char* kMetadata = "__metadata__";

struct FormatRow {
  NumberFormat format;
  const char* name;
  std::size_t bytes;
};
constexpr FormatRow kFormats[] = {{NumberFormat::float32, "F32", 4},
                                  {NumberFormat::float64, "F64", 8},
                                  {NumberFormat::int64, "I64", 8}};

const FormatRow& row_of(NumberFormat format) { return kFormats[static_cast<std::size_t>(format)]; }

class Parser {
 public:
  Parser(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  TensorHeader parse() {
    const Json header = read_header();
    TensorHeader result;
    std::uint64_t expected = 0;
    for (const auto& [name, entry] : header.items()) {
      if (name == kMetadata) {
        result.metadata = entry.get<std::map<std::string, std::string>>();
        continue;
      }
      const auto offsets = entry.at("data_offsets").get<std::vector<std::uint64_t>>();
      if (offsets.size() != 2 || offsets[0] != expected || offsets[1] < offsets[0] ||
          offsets[1] > buffer_.size()) {
        damaged("tensors overlap, leave holes or end beyond the file");
      }
      expected = offsets[1];
      result.tensors.push_back({name, format_in(entry),
                                entry.at("shape").get<std::vector<std::int64_t>>(),
                                buffer_.substr(offsets[0], offsets[1] - offsets[0])});
      check_shape(result.tensors.back());
    }
    if (expected != buffer_.size()) damaged("bytes after the last tensor");
    return result;
  }

 private:
  [[noreturn]] void damaged(const char* what) const {
    throw RecordError(fmt::format("{}: not a good tensor file: {}", name_, what));
  }

  /// Of two members with one name a parser would keep one, silently.
  Json read_header() {
    std::uint64_t length = 0;
    if (bytes_.size() < sizeof length) damaged("shorter than its header");
    std::memcpy(&length, bytes_.data(), sizeof length);
    if (length > kMaxHeader || length > bytes_.size() - sizeof length)
      damaged("header length beyond the file");
    std::set<std::string> names;
    bool twice = false;
    const auto look = [&](int depth, Json::parse_event_t event, Json& parsed) {
      if (event == Json::parse_event_t::key && depth == 1)
        twice = !names.insert(parsed.get<std::string>()).second || twice;
      return true;
    };
    Json header = Json::parse(bytes_.substr(sizeof length, length), look, false);
    if (!header.is_object()) damaged("header is no JSON object");
    if (twice) damaged("two tensors with one name");
    buffer_ = bytes_.substr(sizeof length + length);
    return header;
  }

  NumberFormat format_in(const Json& entry) const {
    const auto name = entry.at("dtype").get<std::string>();
    for (const FormatRow& row : kFormats) {
      if (name == row.name) return row.format;
    }
    damaged("unknown number format");
  }

  /// By division, so that no product can overflow. Extents beside a 0 have no bytes that would
  /// bound them, and cost nothing as long as their own product is small.
  void check_shape(const TensorEntry& tensor) const {
    const std::uint64_t element = bytes_of(tensor.format);
    std::uint64_t left = tensor.data.empty() ? kMaxHeader : tensor.data.size() / element;
    bool any_zero = false, fits = tensor.shape.size() <= kMaxRank;
    for (const std::int64_t extent : tensor.shape) {
      any_zero = any_zero || extent == 0;
      if (extent < 0) fits = false;
      if (extent <= 0) continue;
      const auto positive = static_cast<std::uint64_t>(extent);
      fits = fits && positive <= left && (tensor.data.empty() || left % positive == 0);
      left /= positive;
    }
    const bool whole = tensor.data.size() % element == 0 && left == 1 && !any_zero;
    if (!fits || (tensor.data.empty() ? !any_zero : !whole))
      damaged("a shape does not fit its bytes");
  }

  std::string_view bytes_, buffer_;
  const std::string& name_;
};
}  // namespace

const char* name_of(NumberFormat format) { return row_of(format).name; }
std::size_t bytes_of(NumberFormat format) { return row_of(format).bytes; }

TensorHeader parse_tensor_header(std::string_view bytes, const std::string& name) {
  try {
    return Parser(bytes, name).parse();
  } catch (const nlohmann::json::exception&) {
    throw RecordError(name + ": not a good tensor file: its header has members of a wrong kind");
  }
}

}  // namespace lockstep
