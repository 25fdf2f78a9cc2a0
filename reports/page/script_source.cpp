#include "reports/page/script_source.hpp"

#include "results/record/digest.hpp"

namespace lockstep {

namespace {
std::string base64(const std::string& hex) {
  constexpr const char* kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  // Six hex digits are 24 bits are four letters; 64 digits leave four, which are 16 bits.
  for (std::size_t at = 0; at < hex.size(); at += 6) {
    std::string group = hex.substr(at, 6);
    const std::size_t letters = (4 * group.size() + 5) / 6;
    group.resize(6, '0');
    const unsigned long bits = std::stoul(group, nullptr, 16);
    for (std::size_t k = 0; k < 4; ++k)
      out += k < letters ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}
}  // namespace

std::string sha256_source(std::string_view script) {
  Sha256 digest;
  digest.update(script);
  return "'sha256-" + base64(digest.hex()) + "'";
}

}  // namespace lockstep
