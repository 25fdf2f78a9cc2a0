// Generators of axes: {range: ...}, {linspace: ...}, {logspace: ...}, {random: ..., count: ...,
// seed: ...}.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sweeps/spec/typed.hpp"

namespace lockstep::spec {

/// 2^53: above it a double skips integers.
inline constexpr double kExact = 9007199254740992.0;

/// The numbers that the map `node` describes for the parameter `name`; nothing where that has been
/// told to be impossible. More than `max_values` are refused before they are made.
std::optional<std::vector<double>> read_generator(const Tables& tables, const std::string& name,
                                                  const Node& node, std::int64_t max_values,
                                                  Findings& findings);

}  // namespace lockstep::spec
