#include <ATen/ATen.h>
#include <sys/resource.h>

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
  for (const bool share_memory : {false, true}) {
    check_contract(
        *make(2 * mpi_environment().size(), {.chunk_bytes = 9000, .share_memory = share_memory}));
  }
}

TEST_CASE("metered mpi keeps the contract", "[contract]") {
  MeteredCommunicator metered(make(2 * mpi_environment().size()));
  check_contract(metered);
  CHECK((metered.snapshot().wire_bytes > 0) == (mpi_environment().size() > 1));
}

namespace {
constexpr std::int64_t kColumns = 100'003;  // several tiles and stages, and no multiple of anything

/// Two rows per process, their mean as one process computes it, and the rows of this process.
struct MeanCase {
  int workers = 2 * mpi_environment().size();
  at::Tensor all = at::sin(at::arange(workers * kColumns, at::kDouble))
                       .to(at::kFloat)
                       .reshape({workers, kColumns});
  at::Tensor alone = at::empty({kColumns}, at::kFloat);

  MeanCase() { make_self_communicator(workers)->mean(all, alone, {}).wait(); }
  at::Tensor hosted(const Communicator& c) const { return all.narrow(0, c.workers().first, 2); }
};

at::Tensor in_memory_of(Communicator& communicator, const at::Tensor& rows) {
  at::Tensor copy = communicator.zeros(rows.size(0), rows.size(1), rows.scalar_type());
  return copy.copy_(rows);
}
}  // namespace

TEST_CASE("the size of a chunk does not show in a mean", "[mpi]") {
  const MeanCase problem;
  struct Chunk {
    std::int64_t bytes, columns;
  };
  // One byte means one column per process and step, each with two meetings: so for fewer columns.
  for (const Chunk chunk : {Chunk{1, 203}, Chunk{6400, kColumns}, Chunk{1 << 30, kColumns}}) {
    for (const bool share_memory : {false, true}) {
      at::Tensor together = at::empty({chunk.columns}, at::kFloat);
      collectively([&] {
        const auto communicator =
            make(problem.workers, {.chunk_bytes = chunk.bytes, .share_memory = share_memory});
        const at::Tensor rows = problem.hosted(*communicator).narrow(1, 0, chunk.columns).clone();
        communicator->mean(rows.contiguous(), together, {}).wait();
      });
      INFO("chunk of " << chunk.bytes << (share_memory ? ", shared memory" : ", messages"));
      CHECK(on_all_ranks(at::equal(problem.alone.narrow(0, 0, chunk.columns), together)));
    }
  }
}

TEST_CASE("where rows and results lie does not show in a mean", "[mpi]") {
  const MeanCase problem;
  const int me = mpi_environment().rank();
  for (const bool rows_inside : {false, true}) {
    for (const bool out_inside : {false, true}) {
      for (const bool last_differs : {false, true}) {  // rank 0 decides otherwise than the others
        const bool rows_here = rows_inside != (last_differs && me == 0), out_here = out_inside;
        at::Tensor out;
        collectively([&] {
          const auto communicator = make(problem.workers);
          const at::Tensor outside = problem.hosted(*communicator).clone();
          const at::Tensor inside = in_memory_of(*communicator, outside);
          const at::Tensor& rows = rows_here ? inside : outside;
          at::Tensor memory = communicator->zeros(1, kColumns, at::kFloat)[0];
          at::Tensor result = out_here ? memory : at::zeros({kColumns}, at::kFloat);
          communicator->mean(rows, result, {}).wait();
          out = result.clone();
          result = rows[1];  // and into one of its rows
          communicator->mean(rows, result, {}).wait();
          if (!at::equal(out, result)) throw CommError("the mean in place is another one");
        });
        INFO("rows " << rows_here << ", output " << out_here);
        CHECK(on_all_ranks(at::equal(problem.alone, out)));
      }
    }
  }
}

// No free descriptor stands for whatever keeps one process of several from mapping the memory.
TEST_CASE("where one process cannot share memory, all do without, and results stay", "[mpi]") {
  if (mpi_environment().size() == 1) return;
  const MeanCase problem;
  at::Tensor rows, out = at::zeros({kColumns}, at::kFloat);
  collectively([&] {
    const auto communicator = make(problem.workers);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{0, before.rlim_max};
    if (mpi_environment().rank() == mpi_environment().size() - 1) ::setrlimit(RLIMIT_NOFILE, &none);
    rows = in_memory_of(*communicator, problem.hosted(*communicator));
    ::setrlimit(RLIMIT_NOFILE, &before);
    communicator->mean(rows, out, {}).wait();
  });
  CHECK(on_all_ranks(at::equal(problem.alone, out)));
}

TEST_CASE("processes that call different means are told so", "[mpi]") {
  if (mpi_environment().size() == 1) return;
  std::string text;
  collectively([&] {
    const auto communicator = make(mpi_environment().size());
    const std::int64_t n = mpi_environment().rank() == 0 ? 5 : 6;
    at::Tensor out = at::zeros({n});
    try {
      communicator->mean(at::zeros({1, n}), out, {}).wait();
    } catch (const CommError& error) {
      text = error.what();
    }
  });
  CHECK(on_all_ranks(text.find("mean of n = 6") != text.npos && text.find("n = 5") != text.npos));
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
