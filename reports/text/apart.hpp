// Names made short without becoming one another.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace lockstep {

/// Each text in at most `columns` code points. Where the beginnings of different texts are the
/// same, the middle gives way and the part from the first difference on is shown
/// ("slowmo…slow_lr=0.5"), as long as there are 6 columns for it.
std::vector<std::string> shorten_apart(const std::vector<std::string>& texts, std::size_t columns);

}  // namespace lockstep
