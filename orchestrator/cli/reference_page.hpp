// One Markdown page of everything that a spec may say, from the tables: sweeps/REFERENCE.md.
#pragma once

#include <string>
#include <vector>

#include "results/clock/clock.hpp"
#include "sweeps/run/tables.hpp"

namespace lockstep {

/// Pure: rows in the order of the tables.
std::string reference_page(const Tables& tables, const std::vector<Network>& networks);

}  // namespace lockstep
