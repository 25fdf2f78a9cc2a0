// From what was written to what was meant: nodes read as values of a wanted type, maps with known
// keys. Whatever does not fit is told at its place, and the caller goes on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sweeps/run/run_config.hpp"
#include "sweeps/spec/yaml_tree.hpp"

namespace lockstep::spec {

/// The node as a legal value of `parameter`: type, range and choices are checked. Nothing: told. A
/// real is not accepted for an integer, nor quoted text for a number.
std::optional<Value> read_value(const Tables& tables, const Parameter& parameter, const Node& node,
                                Findings& findings);

/// The node as text, which need not be in quotes unless it would be a number, a boolean or nothing.
std::optional<std::string> read_text(const Node& node, std::string_view name, Findings& findings);

/// A finite number without range. Integers count as numbers.
std::optional<double> read_number(const Node& node, std::string_view name, Findings& findings);

/// Whether the node is a map (told if not) whose keys are all `known` (told for each that is not).
bool expect_map(const Node& node, std::string_view name, const std::vector<std::string>& known,
                Findings& findings);

/// Whether the node is a list with at least one member; told if not.
bool expect_list(const Node& node, std::string_view name, Findings& findings);

}  // namespace lockstep::spec
