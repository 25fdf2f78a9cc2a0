// What a search finds with fewer tries: Dodge et al. 2019, "Show Your Work", arXiv 1909.03004.
#pragma once

#include <vector>

namespace lockstep {

/// For n = 1, 2, ..., values.size(): the expected largest of n values drawn from these with
/// replacement. The last is therefore below the largest.
std::vector<double> expected_best(std::vector<double> values);

}  // namespace lockstep
