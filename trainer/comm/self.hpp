// The communicator of a process that hosts all workers: every transfer is a copy or a reduction in
// memory.
#pragma once

#include <memory>

#include "trainer/comm/communicator.hpp"

namespace lockstep {

/// Hosts workers [0, workers); sends nothing. Throws CommError for workers < 1.
std::unique_ptr<Communicator> make_self_communicator(int workers);

}  // namespace lockstep
