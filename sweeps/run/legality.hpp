// Which combinations of legal values make a legal run. One function per rule, all in one list.
#pragma once

#include <vector>

#include "sweeps/run/run_config.hpp"

namespace lockstep {

/// `config` has every parameter that it uses, each of legal type and range. Pure.
std::vector<Problem> composition_problems(const Tables& tables, const RunConfig& config);

}  // namespace lockstep
