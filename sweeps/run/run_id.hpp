// Names of runs and cells, derived from what was asked.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "sweeps/run/run_config.hpp"

namespace lockstep {

/// First 128 bits of SHA-256 of the canonical configuration, as 32 lower-case hex digits.
class RunId {
 public:
  static RunId of(const RunConfig& config);
  /// Nothing unless `text` is 32 lower-case hex digits.
  static std::optional<RunId> parse(std::string_view text);
  const std::string& text() const { return text_; }
  auto operator<=>(const RunId&) const = default;

 private:
  explicit RunId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// The runs that differ only in seed: 12 hex digits.
std::string cell_of(const RunConfig& config);

/// The cells that differ only in `selected` (report.select, usually lr), and in parameters that are
/// used only for some values of it (decay_norm_and_bias for weight_decay): 12 hex digits.
std::string tuning_group_of(const Tables& tables, const RunConfig& config,
                            const std::vector<std::string>& selected);

/// SHA-256 of `bytes` as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace lockstep
