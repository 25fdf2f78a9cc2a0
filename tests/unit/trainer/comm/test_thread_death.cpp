// Death is an input: whatever one rank does, the others do not wait for it, and the first cause is
// what is reported.
#include <ATen/ATen.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "trainer/comm/threads.hpp"

using namespace lockstep;
using namespace std::chrono_literals;

namespace {

struct Died : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One of five ways to wait for the others.
void transfer(Communicator& c, int kind) {
  const at::Tensor rows = at::ones({c.workers().count, 9});
  at::Tensor row = at::ones({9}), all = at::ones({c.workers().total, 9}), in = at::ones_like(rows);
  const std::vector<int> peers(static_cast<std::size_t>(c.workers().total), 0);
  if (kind == 0) c.mean(rows, row, {}).wait();
  if (kind == 1) c.broadcast(row, 0).wait();
  if (kind == 2) c.all_gather(rows, all).wait();
  if (kind == 3) c.exchange(rows, in, peers).wait();
  if (kind == 4) c.barrier();
}

}  // namespace

TEST_CASE("a rank that throws ends the waits of the others, and its exception is rethrown",
          "[death]") {
  for (int kind = 0; kind < 5; ++kind) {
    for (int victim = 0; victim < 3; ++victim) {
      std::atomic<int> comm_errors = 0;
      const auto body = [&](Communicator& c) {
        transfer(c, kind);
        if (c.workers().first == victim) throw Died("on purpose");
        try {
          transfer(c, kind);
        } catch (const CommError& error) {
          const std::string named = "rank " + std::to_string(victim) + " has failed: on purpose";
          if (std::string(error.what()).find(named) != std::string::npos) ++comm_errors;
          throw;
        }
      };
      INFO("operation " << kind << ", victim " << victim);
      CHECK_THROWS_AS(run_threads(3, 3, body, 1h), Died);
      CHECK(comm_errors == 2);
    }
  }
}

TEST_CASE("a rank that returns early ends the waits of the others", "[death]") {
  const auto body = [](Communicator& c) {
    if (c.workers().first != 1) c.barrier();
  };
  CHECK_THROWS_WITH(run_threads(3, 3, body, 1h),
                    Catch::Contains("barrier") && Catch::Contains("returned"));
}

TEST_CASE("a death outside a group ends the waits inside it", "[death]") {
  const auto body = [](Communicator& c) {
    const auto group = c.group({4, 0, 2});
    if (c.workers().first == 3) throw Died("on purpose");
    if (c.workers().first == 0) group->barrier();  // worker 1 waits for worker 3 instead
    c.barrier();
  };
  CHECK_THROWS_AS(run_threads(4, 4, body, 1h), Died);
}

TEST_CASE("a rank that hangs is named after the deadline", "[death]") {
  std::atomic<bool> gave_up = false;
  const auto body = [&](Communicator& c) {
    if (c.workers().first == 1) {
      while (!gave_up) std::this_thread::sleep_for(1ms);
      return;
    }
    try {
      c.barrier();
    } catch (...) {
      gave_up = true;
      throw;
    }
  };
  CHECK_THROWS_WITH(run_threads(2, 2, body, 50ms), Catch::Contains("rank 0") &&
                                                       Catch::Contains("barrier") &&
                                                       Catch::Contains("50 ms"));
}

TEST_CASE("ranks that call different things are told so", "[death]") {
  const auto different_calls = [](Communicator& c) {
    const at::Tensor rows = at::ones({1, 4});
    at::Tensor out = at::ones({4});
    if (c.workers().first == 0) {
      c.mean(rows, out, {}).wait();
    } else {
      c.max(rows, out).wait();
    }
  };
  CHECK_THROWS_WITH(run_threads(2, 2, different_calls, 1h),
                    Catch::Contains("mean") && Catch::Contains("max"));
  const auto different_sizes = [](Communicator& c) {
    at::Tensor row = at::ones({4 + c.workers().first});
    c.broadcast(row, 0).wait();
  };
  CHECK_THROWS_WITH(run_threads(2, 2, different_sizes, 1h),
                    Catch::Contains("n = 4") && Catch::Contains("n = 5"));
}
