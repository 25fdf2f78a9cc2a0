// Tensors in a file, in the safetensors format: u64 little-endian header length, JSON header,
// packed buffer. Nothing in such a file can run code. Every size is checked before anything is
// allocated.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace lockstep {

struct TensorFile {
  std::map<std::string, at::Tensor> tensors;    ///< contiguous, CPU; float32, float64, int64
  std::map<std::string, std::string> metadata;  ///< 64-bit numbers as decimal strings
};

/// What was written, for a manifest.
struct WrittenFile {
  std::int64_t bytes = 0;
  std::string sha256;
};

/// The bytes of a whole file.
std::string tensor_file_bytes(const TensorFile& file);

/// Creates `path` (it must not exist) and syncs it to disk. Throws RecordError with path and errno
/// text.
WrittenFile write_tensor_file(const std::filesystem::path& path, const TensorFile& file);

/// Reads and checks bytes of a whole file; `name` is for messages. Throws RecordError where the
/// header is not JSON, offsets overlap, leave holes or exceed the buffer, or a type is unknown.
/// Tensors own their memory.
TensorFile parse_tensor_file(std::string_view bytes, const std::string& name);

}  // namespace lockstep
