#include "sweeps/run/run_id.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace lockstep {

namespace {
constexpr std::size_t kRunDigits = 32;
constexpr std::size_t kCellDigits = 12;

/// `names` and every parameter that is used or not depending on one of them, however indirectly.
std::vector<std::string> with_dependents(const Tables& tables, std::vector<std::string> names) {
  const auto known = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (bool grown = true; grown;) {
    grown = false;
    for (const Parameter& parameter : tables.parameters) {
      if (!parameter.when || !known(parameter.when->parameter) || known(parameter.name)) continue;
      names.push_back(parameter.name);
      grown = true;
    }
  }
  return names;
}
}  // namespace

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL cannot compute SHA-256; is libcrypto complete?");
  }
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(std::size_t{length} * 2);
  for (unsigned int i = 0; i < length; ++i) {
    text.push_back(kDigits[digest[i] >> 4]);
    text.push_back(kDigits[digest[i] & 15]);
  }
  return text;
}

RunId RunId::of(const RunConfig& config) {
  return RunId(sha256_hex(config.canonical_json()).substr(0, kRunDigits));
}

std::optional<RunId> RunId::parse(std::string_view text) {
  if (text.size() != kRunDigits || text.find_first_not_of("0123456789abcdef") != text.npos)
    return {};
  return RunId(std::string(text));
}

std::string cell_of(const RunConfig& config) {
  return sha256_hex(config.canonical_json_without({"seed"})).substr(0, kCellDigits);
}

std::string tuning_group_of(const Tables& tables, const RunConfig& config,
                            const std::vector<std::string>& selected) {
  std::vector<std::string> names = with_dependents(tables, selected);
  names.emplace_back("seed");
  return sha256_hex(config.canonical_json_without(names)).substr(0, kCellDigits);
}

}  // namespace lockstep
