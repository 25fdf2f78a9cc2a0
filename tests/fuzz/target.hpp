// What every fuzz target shares. A target takes any bytes as one parser's input: it may refuse them
// in the way that the parser's header says, and whatever it accepts must hold together. No disk, no
// clock, no state between two inputs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

/// By libFuzzer's name (`make fuzz`); mutate.cpp calls it in `make test`.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace lockstep::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A promise of the parser: where it does not hold, the input is a crash like any other.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", promise);
  std::abort();
}

}  // namespace lockstep::fuzz
