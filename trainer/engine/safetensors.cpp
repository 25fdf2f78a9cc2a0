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
#include "trainer/engine/tensor_header.hpp"

namespace lockstep {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

namespace {
using Json = nlohmann::ordered_json;

struct TypeRow {
  at::ScalarType type;
  NumberFormat format;
};
constexpr TypeRow kTypes[] = {{at::kFloat, NumberFormat::float32},
                              {at::kDouble, NumberFormat::float64},
                              {at::kLong, NumberFormat::int64}};

const char* name_of(at::ScalarType type) {
  for (const TypeRow& row : kTypes) {
    if (row.type == type) return name_of(row.format);
  }
  throw std::logic_error("a tensor of this type cannot be saved");
}

at::ScalarType type_of(NumberFormat format) {
  for (const TypeRow& row : kTypes) {
    if (row.format == format) return row.type;
  }
  throw std::logic_error("a number format without a tensor type");
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

TensorFile parse_tensor_file(std::string_view bytes, const std::string& name) {
  TensorHeader header = parse_tensor_header(bytes, name);
  TensorFile file;
  file.metadata = std::move(header.metadata);
  for (const TensorEntry& entry : header.tensors) {
    at::Tensor tensor = at::empty(entry.shape, type_of(entry.format));
    if (!entry.data.empty()) std::memcpy(tensor.data_ptr(), entry.data.data(), entry.data.size());
    file.tensors[entry.name] = std::move(tensor);
  }
  return file;
}

}  // namespace lockstep
