#include <ATen/ATen.h>

#include <catch2/catch.hpp>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/borrowed_communicator.hpp"
#include "tests/unit/trainer/comm/communicator_contract.hpp"
#include "trainer/comm/metered.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/comm/threads.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

// Writes down what it is asked to do; its mean is under way until somebody waits for it, its
// broadcast fails.
class Scripted final : public Communicator {
 public:
  Scripted(WorkerRange workers, std::vector<std::string>& calls)
      : workers_(workers), calls_(calls) {}
  WorkerRange workers() const override { return workers_; }
  Pending mean(const at::Tensor&, at::Tensor&, std::span<const double>) override {
    calls_.push_back("mean");
    return Pending([this] { calls_.push_back("mean complete"); });
  }
  Pending max(const at::Tensor&, at::Tensor&) override { return {}; }
  Pending broadcast(at::Tensor&, int) override { throw CommError("link down"); }
  Pending all_gather(const at::Tensor&, at::Tensor&) override { return {}; }
  Pending exchange(const at::Tensor&, at::Tensor&, std::span<const int>) override { return {}; }
  void barrier() override { calls_.push_back("barrier"); }
  at::Tensor zeros(std::int64_t, std::int64_t, c10::ScalarType) override { return {}; }
  std::unique_ptr<Communicator> group(WorkerRange) override { return nullptr; }
  std::int64_t bytes_sent() const override { return 0; }

 private:
  WorkerRange workers_;
  std::vector<std::string>& calls_;
};

using Calls = std::vector<std::string>;

}  // namespace

TEST_CASE("metered keeps the contract of what it meters", "[contract]") {
  for (const ContractCase& promise : communicator_contract()) {
    INFO(promise.name);
    std::mutex mutex;
    std::string found;
    run_threads(2, 4, [&](Communicator& inner) {
      MeteredCommunicator metered(std::make_unique<Borrowed>(inner));
      Findings findings;
      promise.body(metered, findings);
      const std::lock_guard lock(mutex);
      found += findings.text();
    });
    CHECK(found.empty());
  }
}

TEST_CASE("the meter counts calls and payload, and nothing on the wire of a single process",
          "[metered]") {
  MeteredCommunicator metered(make_self_communicator(4));
  CHECK(metered.last_operation() == "none");
  CHECK(metered.snapshot() == Meter{});
  const at::Tensor rows = at::ones({4, 10});
  at::Tensor out = at::ones({10}), all = at::ones({4, 10});
  metered.mean(rows, out, {}).wait();
  CHECK(metered.last_operation() == "1 mean 160 bytes (done)");
  const Meter first = metered.snapshot();
  metered.broadcast(out, 2).wait();
  metered.all_gather(rows, all).wait();
  metered.barrier();
  CHECK(metered.last_operation() == "4 barrier 0 bytes (done)");
  const Meter later = metered.snapshot() - first;
  CHECK(first.calls == 1);
  CHECK(first.payload_bytes == 160);
  CHECK(later.calls == 3);
  CHECK(later.payload_bytes == 40 + 160);
  CHECK(metered.snapshot().wire_bytes == 0);
  CHECK(first.wait_s == 0);
  CHECK(first.transfer_s > 0);
}

TEST_CASE("the meter counts what goes to other processes, groups included", "[metered]") {
  std::mutex mutex;
  Meter sum;
  run_threads(4, 4, [&](Communicator& inner) {
    MeteredCommunicator metered(std::make_unique<Borrowed>(inner));
    const at::Tensor rows = at::ones({1, 8});
    at::Tensor out = at::ones({8});
    metered.mean(rows, out, {}).wait();
    const int half = metered.workers().first / 2 * 2;
    metered.group({4, half, 2})->mean(rows, out, {}).wait();
    const std::lock_guard lock(mutex);
    sum = sum + metered.snapshot();
  });
  CHECK(sum.calls == 8);
  CHECK(sum.payload_bytes == 8 * 32);
  CHECK(sum.wire_bytes ==
        3 * 2 * 32 +
            2 * (1 * 2 * 32));  // (P - 1) (rows per process + 1) n, of all and of two pairs
  CHECK(sum.wait_s > 0);
}

TEST_CASE("others are waited for before the transfer, where there are others", "[metered]") {
  const at::Tensor rows = at::ones({1, 4});
  at::Tensor out = at::ones({4});
  Calls alone, together;
  MeteredCommunicator first(std::make_unique<Scripted>(WorkerRange{1, 0, 1}, alone));
  MeteredCommunicator second(std::make_unique<Scripted>(WorkerRange{2, 0, 1}, together));
  first.mean(rows, out, {});
  second.mean(rows, out, {});
  CHECK(alone == Calls{"mean"});
  CHECK(together == Calls{"barrier", "mean"});
  CHECK(first.snapshot().wait_s == 0);
  CHECK(second.snapshot().wait_s > 0);
}

TEST_CASE("an operation is under way until its wait, or for ever where it fails", "[metered]") {
  Calls calls;
  MeteredCommunicator metered(std::make_unique<Scripted>(WorkerRange{1, 0, 1}, calls));
  const at::Tensor rows = at::ones({1, 4});
  at::Tensor out = at::ones({4});
  Pending pending = metered.mean(rows, out, {});
  CHECK_FALSE(pending.complete());
  CHECK(metered.last_operation() == "1 mean 16 bytes (under way)");
  pending.wait();
  CHECK(pending.complete());
  CHECK(metered.last_operation() == "1 mean 16 bytes (done)");
  pending.wait();
  CHECK(calls == Calls{"mean", "mean complete"});
  CHECK_THROWS_AS(metered.broadcast(out, 0), CommError);
  CHECK(metered.last_operation() == "2 broadcast 16 bytes (under way)");
}
