#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <mutex>

#include "tests/unit/trainer/comm/communicator_contract.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/comm/threads.hpp"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("self keeps the contract", "[contract]") {
  for (const int workers : {1, 2, 3, 6, 8}) {
    for (const ContractCase& promise : communicator_contract()) {
      INFO(promise.name << ", " << workers << " workers");
      const auto communicator = make_self_communicator(workers);
      Findings findings;
      promise.body(*communicator, findings);
      CHECK(findings.text().empty());
    }
  }
  CHECK_THROWS_AS(make_self_communicator(0), CommError);
}

TEST_CASE("threads keep the contract", "[contract]") {
  struct World {
    int processes, workers;
  };
  for (const World world : {World{1, 3}, {2, 2}, {2, 6}, {3, 3}, {3, 6}, {4, 4}, {4, 8}, {5, 5}}) {
    for (const ContractCase& promise : communicator_contract()) {
      INFO(promise.name << ", " << world.workers << " workers in " << world.processes
                        << " threads");
      std::mutex mutex;
      std::string found;
      run_threads(world.processes, world.workers, [&](Communicator& communicator) {
        Findings findings;
        promise.body(communicator, findings);
        const std::lock_guard lock(mutex);
        found += findings.text();
      });
      CHECK(found.empty());
    }
  }
}

TEST_CASE("a number of threads that does not divide the workers is refused", "[threads]") {
  CHECK_THROWS_AS(run_threads(2, 3, [](Communicator&) {}), CommError);
}
