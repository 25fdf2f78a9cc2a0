// For tests that are started by mpirun (lockstep_add_mpi_test): the environment that main owns, and
// a way to fail that leaves no rank behind.
#pragma once

#include <functional>

#include "trainer/comm/mpi.hpp"

namespace lockstep::test {

/// Of this process; made before and destroyed after all tests.
MpiEnvironment& mpi_environment();

/// Runs a body that talks to other ranks. An exception leaving it would let this rank run ahead of
/// the others: it ends the whole job, with its text on stderr.
void collectively(const std::function<void()>& body);

/// True where `holds` is true on every rank, so that all ranks agree on a failure. Collective.
bool on_all_ranks(bool holds);

}  // namespace lockstep::test
