// Data sets that stay in memory between the runs of one process, and of processes forked from it.
#pragma once

#include "trainer/engine/registry.hpp"

namespace lockstep {

/// The same registry, whose load_dataset() keeps the newest few data sets and gives the same
/// tensors again (to be read only) for the same data: name, revision, parameters, and size and time
/// of the files in their folder. What cannot be loaded throws as before, each time.
Registry with_data_shelf(Registry registry);

}  // namespace lockstep
