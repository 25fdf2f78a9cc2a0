// What stands above every output that has no room for the notices themselves.
#pragma once

#include <string>

#include "reports/analysis.hpp"

namespace lockstep {

/// "Read with 1 problem and 3 warnings: mixed-cell, edge-of-grid, ..."; nothing where there are
/// none.
std::string banner_of(const Analysis& analysis);
/// The same without the kinds: "Read with 1 problem and 3 warnings".
std::string short_banner_of(const Analysis& analysis);

}  // namespace lockstep
