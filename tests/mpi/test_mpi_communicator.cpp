#include <ATen/ATen.h>

#include <catch2/catch.hpp>

#include "tests/mpi/mpi_test.hpp"
#include "tests/unit/trainer/comm/communicator_contract.hpp"
#include "trainer/comm/metered.hpp"
#include "trainer/comm/self.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

std::unique_ptr<Communicator> make(int workers, MpiOptions options = {}) {
  return make_mpi_communicator(mpi_environment(), workers, options);
}

void check_contract(Communicator& communicator) {
  for (const ContractCase& promise : communicator_contract()) {
    INFO(promise.name << ", " << communicator.workers().total << " workers");
    Findings findings;
    collectively([&] { promise.body(communicator, findings); });
    CHECK(findings.text().empty());
    CHECK(on_all_ranks(findings.all().empty()));
  }
}

}  // namespace

TEST_CASE("mpi keeps the contract", "[contract]") {
  for (const int hosted : {1, 2}) check_contract(*make(hosted * mpi_environment().size()));
}

TEST_CASE("mpi keeps the contract where rows are larger than a chunk", "[contract]") {
  for (const int hosted : {1, 2}) {
    check_contract(*make(hosted * mpi_environment().size(), {.chunk_bytes = 9000}));
  }
}

TEST_CASE("metered mpi keeps the contract", "[contract]") {
  MeteredCommunicator metered(make(2 * mpi_environment().size()));
  check_contract(metered);
  CHECK((metered.snapshot().wire_bytes > 0) == (mpi_environment().size() > 1));
}

// A chunk of one byte means one column per process and step.
TEST_CASE("the size of a chunk does not show in a mean", "[mpi]") {
  const int workers = 2 * mpi_environment().size();
  const at::Tensor all =
      at::sin(at::arange(workers * 1003, at::kDouble)).to(at::kFloat).reshape({workers, 1003});
  at::Tensor alone = at::empty({1003}, at::kFloat), together = at::empty({1003}, at::kFloat);
  make_self_communicator(workers)->mean(all, alone, {}).wait();
  for (const std::int64_t chunk_bytes : {1, 3, 64, 1000, 1 << 30}) {
    collectively([&] {
      const auto communicator = make(workers, {.chunk_bytes = chunk_bytes});
      const at::Tensor rows = all.narrow(0, communicator->workers().first, 2).clone();
      communicator->mean(rows, together, {}).wait();
    });
    INFO("chunk of " << chunk_bytes);
    CHECK(on_all_ranks(at::equal(alone, together)));
  }
}

TEST_CASE("a communicator needs a world that divides its workers, and a sane chunk", "[mpi]") {
  CHECK_THROWS_AS(make(0), CommError);
  CHECK_THROWS_AS(make(mpi_environment().size(), {.chunk_bytes = 0}), CommError);
  CHECK_THROWS_AS(make(mpi_environment().size(), {.chunk_bytes = (std::int64_t{1} << 30) + 1}),
                  CommError);
  if (mpi_environment().size() > 1) {
    CHECK_THROWS_WITH(make(mpi_environment().size() + 1), Catch::Contains("divides"));
  }
}

TEST_CASE("communicators of one world do not hear each other", "[mpi]") {
  const int size = mpi_environment().size();
  bool first_right = false, second_right = false;
  collectively([&] {
    const auto first = make(size), second = make(size);
    at::Tensor a = at::full({5}, mpi_environment().rank(), at::kFloat);
    at::Tensor b = at::full({5}, 10.0 + mpi_environment().rank(), at::kFloat);
    first->broadcast(a, size - 1).wait();
    second->broadcast(b, 0).wait();
    first_right = at::equal(a, at::full({5}, size - 1.0, at::kFloat));
    second_right = at::equal(b, at::full({5}, 10.0, at::kFloat));
  });
  CHECK(on_all_ranks(first_right));
  CHECK(on_all_ranks(second_right));
}

TEST_CASE("the environment knows its place, and that there is only one", "[mpi]") {
  MpiEnvironment& environment = mpi_environment();
  CHECK((environment.rank() >= 0 && environment.rank() < environment.size()));
  CHECK_FALSE(environment.host().empty());
  CHECK(environment.ranks_on_host() ==
        environment.size());  // the tests start all ranks on this machine
  CHECK(environment.rank_on_host() == environment.rank());
  CHECK_THROWS_WITH(MpiEnvironment(), Catch::Contains("initialised before"));
}
