// Ranks as threads of one process, for tests: the algorithms run on several "processes" without
// MPI.
#pragma once

#include <chrono>
#include <functional>

#include "trainer/comm/communicator.hpp"

namespace lockstep {

/// Runs `body` on `processes` threads, each with the communicator of its rank, which hosts workers
/// / processes workers; returns when all have returned. Each thread has at::set_num_threads(1). If
/// ranks throw, the others' waits end with a CommError and the first exception is rethrown here. A
/// wait longer than `deadline` is a CommError naming rank and operation. Throws CommError where
/// `processes` does not divide `workers`.
void run_threads(int processes, int workers, const std::function<void(Communicator&)>& body,
                 std::chrono::milliseconds deadline = std::chrono::seconds(60));

}  // namespace lockstep
