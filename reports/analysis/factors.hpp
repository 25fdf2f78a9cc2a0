// What was varied in a study, and which cells agree in it. Internal to reports/analysis.
#pragma once

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "reports/analysis/work.hpp"

namespace lockstep {

/// A parameter with two values or more among the cells whose test accuracy is shown. Not one: the
/// seed, what is tuned, what follows from the algorithm (its default, its revision).
struct Factor {
  std::string name;
  std::vector<std::string> levels;  ///< algorithms in the order of their table, numbers rising
};

/// Stands for the level of a factor that a cell does not have: H of synchronous SGD.
inline constexpr std::size_t kNoLevel = std::numeric_limits<std::size_t>::max();

using Levels = std::vector<std::size_t>;  ///< one per factor, into Factor::levels; or kNoLevel

struct Design {
  std::vector<Factor> factors;            ///< algorithm, H, workers, then by name
  std::map<Levels, std::size_t> cell_at;  ///< into Analysis::cells; one cell per place at most
};
Design design_of(const Work& work);

/// A factor by its place in the design, and two of its levels.
struct Side {
  std::size_t factor, level, reference;
};

/// Every set of cells that have these levels and agree in all other factors, complete ones only, as
/// in EffectRow::contexts.
std::vector<std::vector<std::size_t>> contexts_of(const Design& design,
                                                  const std::vector<Side>& sides);

}  // namespace lockstep
