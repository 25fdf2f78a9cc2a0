// The run's parameter emulated_network, put between its workers.
#pragma once

#include <memory>

#include "sweeps/run/run_config.hpp"
#include "trainer/comm/communicator.hpp"

namespace lockstep {

/// `comm`, or where the run emulates a network: one in which each transfer takes at least as long
/// as an all-reduce among all workers on that network's profile (results/clock).
std::unique_ptr<Communicator> with_network_of(const RunConfig& config,
                                              std::unique_ptr<Communicator> comm);

}  // namespace lockstep
