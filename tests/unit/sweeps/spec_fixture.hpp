// What the tests of specs share.
#pragma once

#include <string>
#include <vector>

#include "sweeps/spec/sweep_spec.hpp"

namespace lockstep::test {

const Tables& tables();

/// read_spec() over the built-in tables.
SpecResult parsed(const std::string& text);

/// `lines` behind `lockstep: 1` and `study: t`. Requires that there is nothing to complain about,
/// warnings included.
Plan plan(const std::string& lines);

/// The rendered diagnostics of `lockstep: 1`, `study: t` and `lines`.
std::string complaints(const std::string& lines);

/// The ids, sorted.
std::vector<std::string> ids(const Plan& plan);

/// `base: {algorithm: sync_sgd, model: mlp, dataset: synthetic, epochs: 1<more>}` and a line end.
std::string base(const std::string& more = "");

std::string read_file(const std::string& path_in_source_tree);

/// The values of one parameter over the runs, in their order.
std::vector<std::string> values(const Plan& plan, const std::string& parameter);

/// Fixes the seed of all property tests of the program. Call before the first one.
void fix_property_seed();

}  // namespace lockstep::test
