// Runs Catch2 on every rank. Rank 0 prints; the others print what they had to say only where they
// fail.
#define CATCH_CONFIG_RUNNER
#include <mpi.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "tests/mpi/mpi_test.hpp"

namespace lockstep::test {

namespace {
MpiEnvironment* current = nullptr;

// A test at "4 ranks" that in truth runs on one would prove nothing.
bool world_has_the_expected_size() {
  const char* expected = std::getenv("LOCKSTEP_EXPECTED_RANKS");
  if (expected && std::atoi(expected) == current->size()) return true;
  std::fprintf(stderr, "this world has %d ranks, LOCKSTEP_EXPECTED_RANKS is %s\n", current->size(),
               expected ? expected : "not set");
  return false;
}

int run_catch(int argc, char** argv) {
  std::ostringstream quiet;
  std::streambuf* const terminal = std::cout.rdbuf();
  if (current->rank() != 0) std::cout.rdbuf(quiet.rdbuf());
  const int failures = Catch::Session().run(argc, argv);
  std::cout.rdbuf(terminal);
  if (failures != 0 && current->rank() != 0) {
    std::cerr << "rank " << current->rank() << ":\n" << quiet.str() << std::flush;
  }
  return failures;
}
}  // namespace

MpiEnvironment& mpi_environment() { return *current; }

void collectively(const std::function<void()>& body) {
  try {
    body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rank %d: %s\n", current->rank(), error.what());
    current->abort(1);
  }
}

bool on_all_ranks(bool holds) {
  int mine = holds ? 1 : 0, all = 0;
  MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
  return all == 1;
}

}  // namespace lockstep::test

int main(int argc, char** argv) {
  lockstep::MpiEnvironment environment;
  lockstep::test::current = &environment;
  const bool passed =
      lockstep::test::world_has_the_expected_size() && lockstep::test::run_catch(argc, argv) == 0;
  return lockstep::test::on_all_ranks(passed) ? 0 : 1;
}
