// Headers of tensor files: what is accepted covers the file's bytes exactly, and asks for no more
// memory than the file has.
#include "results/record/record_error.hpp"
#include "tests/fuzz/target.hpp"
#include "trainer/engine/tensor_header.hpp"

using namespace lockstep;
using fuzz::require;

namespace {
void look_at(std::string_view bytes) {
  try {
    const TensorHeader header = parse_tensor_header(bytes, "fuzz.safetensors");
    const char* at = nullptr;
    for (const TensorEntry& tensor : header.tensors) {
      std::size_t wanted = bytes_of(tensor.format);
      for (const std::int64_t extent : tensor.shape) {
        require(extent >= 0, "no extent is negative");
        wanted *= static_cast<std::size_t>(extent);
      }
      require(wanted == tensor.data.size(), "a shape fits its bytes");
      require(!at || tensor.data.data() == at, "no hole, no overlap");
      at = tensor.data.data() + tensor.data.size();
    }
    require(!at || at == bytes.data() + bytes.size(), "no bytes are left over");
  } catch (const RecordError&) {  // refused
  }
}

/// The input as a header whose length fits, before as many bytes as its tensors may want.
std::string with_length(std::string_view header) {
  constexpr std::size_t kBuffer = 64;
  const std::uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
  return bytes.append(header).append(kBuffer, '\x3f');
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  look_at(fuzz::text_of(data, size));
  look_at(with_length(fuzz::text_of(data, size)));
  return 0;
}
