// One hash of everything that training has moved: what two trainings that must be equal are
// compared by.
#pragma once

#include <string>

#include "trainer/comm/communicator.hpp"
#include "trainer/sync/worker_rows.hpp"

namespace lockstep {

/// SHA-256 over the rows of all workers (parameters, momentum, buffers), in worker order: equal for
/// every number of processes. Collective.
std::string state_sha256(const WorkerRows& rows, Communicator& comm);

}  // namespace lockstep
