// What a tensor file says it holds, without LibTorch: the safetensors header, checked before
// anything is allocated for it. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

enum class NumberFormat { float32, float64, int64 };
/// As the file has it: "F32".
const char* name_of(NumberFormat format);
std::size_t bytes_of(NumberFormat format);

/// One tensor: its numbers are `data`, a part of the file's bytes, as many as `shape` says.
struct TensorEntry {
  std::string name;
  NumberFormat format = NumberFormat::float32;
  std::vector<std::int64_t> shape;
  std::string_view data;
};

struct TensorHeader {
  std::vector<TensorEntry> tensors;             ///< in the order of their bytes
  std::map<std::string, std::string> metadata;  ///< 64-bit numbers as decimal strings
};

/// Checks bytes of a whole file; `name` is for messages. Throws RecordError where the header is not
/// JSON, names repeat, offsets overlap, leave holes or exceed the buffer, or a type or a shape is
/// none of ours.
TensorHeader parse_tensor_header(std::string_view bytes, const std::string& name);

}  // namespace lockstep
