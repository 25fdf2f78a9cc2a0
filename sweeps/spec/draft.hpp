// A sweep spec with its words understood and its places kept, before it is expanded: what the
// sections base, grid, variants, include and exclude say.
#pragma once

#include <cstdint>
#include <vector>

#include "sweeps/spec/axis.hpp"

namespace lockstep::spec {

/// Runs described by values that stand beside each other and axes that are multiplied: a variant,
/// an include, or the whole of a spec without variants.
struct Block {
  Place place;
  std::vector<Setting> fixed;
  std::vector<Axis> axes;  ///< grid axes in the order of the file, then zip
};

/// A run is left out where it has all of these values.
struct Exclusion {
  Place place;
  std::vector<Setting> settings;
};

struct Draft {
  std::vector<Setting> base;
  std::vector<Axis> grid;
  std::vector<Block> variants;  ///< one block without values where the spec has grid or base only
  std::vector<Block> includes;
  std::vector<Exclusion> exclusions;
  Place grid_place;  ///< of the key `grid`, or of what stands for it
};

/// Reads these sections of the spec's top level. Tells everything that can be seen without
/// resolving a run.
Draft read_draft(const Tables& tables, const Node& spec, std::int64_t max_runs, Findings& findings);

}  // namespace lockstep::spec
