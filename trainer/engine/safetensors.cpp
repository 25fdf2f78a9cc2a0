#include "trainer/engine/safetensors.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "results/record/file_system.hpp"
#include "sweeps/run/run_id.hpp"

namespace lockstep {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

namespace {
using Json = nlohmann::ordered_json;
constexpr std::uint64_t kMaxHeader = 100'000'000;  ///< the format's own limit

struct TypeName {
  at::ScalarType type;
  const char* name;
};
constexpr TypeName kTypes[] = {{at::kFloat, "F32"}, {at::kDouble, "F64"}, {at::kLong, "I64"}};

const char* name_of(at::ScalarType type) {
  for (const TypeName& row : kTypes) {
    if (row.type == type) return row.name;
  }
  throw std::logic_error("a tensor of this type cannot be saved");
}

std::string header_of(const TensorFile& file) {
  Json header;
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::int64_t offset = 0;
  for (const auto& [name, tensor] : file.tensors) {
    const auto end = offset + static_cast<std::int64_t>(tensor.nbytes());
    header[name] = {{"dtype", name_of(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // the buffer starts aligned
  return text;
}

}  // namespace

std::string tensor_file_bytes(const TensorFile& file) {
  const std::string header = header_of(file);
  const std::uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
  bytes += header;
  for (const auto& [name, tensor] : file.tensors) {
    const at::Tensor packed = tensor.contiguous();
    bytes.append(static_cast<const char*>(packed.data_ptr()), packed.nbytes());
  }
  return bytes;
}

WrittenFile write_tensor_file(const std::filesystem::path& path, const TensorFile& file) {
  const std::string bytes = tensor_file_bytes(file);
  const auto fail = [&](const char* what, int error) {
    throw errno_error(what, path, error, "free space on the disk, or check its permissions");
  };
  FileHandle handle = create_new_file(path);
  std::size_t written = 0;
  if (const int error = write_some(handle.get(), bytes, written)) fail("cannot write", error);
  if (::fsync(handle.get()) != 0) fail("cannot fsync", errno);
  handle.close(path);
  return {static_cast<std::int64_t>(bytes.size()), sha256_hex(bytes)};
}

namespace {
class Parser {
 public:
  Parser(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  TensorFile parse() {
    read_header();
    TensorFile file;
    std::uint64_t expected = 0;
    for (const auto& [name, entry] : header_.items()) {
      if (name == "__metadata__") {
        for (const auto& [key, text] : entry.items())
          file.metadata[key] = text.template get<std::string>();
        continue;
      }
      const auto offsets = entry.at("data_offsets").template get<std::vector<std::uint64_t>>();
      if (offsets.size() != 2 || offsets[0] != expected || offsets[1] < offsets[0] ||
          offsets[1] > buffer_.size()) {
        damaged("tensors overlap, leave holes or end beyond the file");
      }
      expected = offsets[1];
      file.tensors[name] = tensor(entry, buffer_.substr(offsets[0], offsets[1] - offsets[0]));
    }
    if (expected != buffer_.size()) damaged("bytes after the last tensor");
    return file;
  }

 private:
  [[noreturn]] void damaged(const char* what) const {
    throw RecordError(fmt::format("{}: not a good tensor file: {}", name_, what));
  }

  void read_header() {
    std::uint64_t length = 0;
    if (bytes_.size() < sizeof length) damaged("shorter than its header");
    std::memcpy(&length, bytes_.data(), sizeof length);
    if (length > kMaxHeader || length > bytes_.size() - sizeof length)
      damaged("header length beyond the file");
    header_ = Json::parse(bytes_.substr(sizeof length, length), nullptr, false);
    if (!header_.is_object()) damaged("header is no JSON object");
    buffer_ = bytes_.substr(sizeof length + length);
  }

  at::Tensor tensor(const Json& entry, std::string_view data) const {
    const auto type_name = entry.at("dtype").get<std::string>();
    const auto shape = entry.at("shape").get<std::vector<std::int64_t>>();
    for (const TypeName& row : kTypes) {
      if (type_name != row.name) continue;
      const std::uint64_t element = at::elementSize(row.type);
      std::uint64_t numel = data.size() / element;
      for (const std::int64_t extent : shape) {
        if (extent <= 0 || numel % static_cast<std::uint64_t>(extent) != 0) {
          if (extent == 0 && data.empty()) break;
          damaged("a shape does not fit its bytes");
        }
        numel /= static_cast<std::uint64_t>(extent);
      }
      if ((!data.empty() && numel != 1) || data.size() % element != 0)
        damaged("a shape does not fit its bytes");
      at::Tensor result = at::empty(shape, row.type);
      std::memcpy(result.data_ptr(), data.data(), data.size());
      return result;
    }
    damaged("unknown number format");
  }

  std::string_view bytes_, buffer_;
  const std::string& name_;
  Json header_;
};
}  // namespace

TensorFile parse_tensor_file(std::string_view bytes, const std::string& name) {
  try {
    return Parser(bytes, name).parse();
  } catch (const nlohmann::json::exception&) {
    throw RecordError(name + ": not a good tensor file: its header has members of a wrong kind");
  }
}

}  // namespace lockstep
