// Parameters with their values and places, and the axes of a grid.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sweeps/spec/typed.hpp"

namespace lockstep::spec {

/// A parameter that is given a value. Without a value it was given an illegal one: that has been
/// told, and what follows from it is not told again.
struct Setting {
  const Parameter* parameter = nullptr;
  std::optional<Value> value;
  Place key_place;
  Place place;  ///< of the value
};

/// One dimension of a product: at each point, values for one parameter (grid) or several (zip).
struct Axis {
  std::vector<const Parameter*> parameters;
  std::vector<std::vector<Setting>> points;
};

/// The values of `node` (a list or a generator) for `parameter`: at least one setting, the only one
/// without a value where nothing could be used. At most `max_values`; more are told before they are
/// made.
std::vector<Setting> read_axis(const Tables& tables, const Parameter& parameter, const Node& node,
                               std::int64_t max_values, Findings& findings);

}  // namespace lockstep::spec
