// An emulated network, under a clock of the test's own: what it does to time is exact.
#include <ATen/ATen.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/borrowed_communicator.hpp"
#include "tests/unit/trainer/comm/communicator_contract.hpp"
#include "trainer/comm/metered.hpp"
#include "trainer/comm/paced.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/comm/threads.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
/// Time that passes only where somebody waits, or where the test says so.
struct FakeClock {
  double now_s = 100;
  Pace pace() {
    return {[this] { return now_s; }, [this](double until_s) { now_s = std::max(now_s, until_s); }};
  }
};

/// A second per endpoint and one per 40 bytes.
double slow(std::int64_t endpoints, double bytes) {
  return static_cast<double>(endpoints) + bytes / 40;
}

/// Whose transfers take so long themselves.
class Takes final : public Communicator {
 public:
  Takes(FakeClock& clock, double seconds, int workers)
      : inner_(make_self_communicator(workers)), clock_(clock), seconds_(seconds) {}
  WorkerRange workers() const override { return inner_->workers(); }
  Pending mean(const at::Tensor& rows, at::Tensor& out, std::span<const double> weights) override {
    clock_.now_s += seconds_;
    return inner_->mean(rows, out, weights);
  }
  Pending max(const at::Tensor&, at::Tensor&) override { return {}; }
  Pending broadcast(at::Tensor&, int) override { return {}; }
  Pending all_gather(const at::Tensor&, at::Tensor&) override { return {}; }
  Pending exchange(const at::Tensor&, at::Tensor&, std::span<const int>) override { return {}; }
  void barrier() override {}
  at::Tensor zeros(std::int64_t, std::int64_t, c10::ScalarType) override { return {}; }
  std::unique_ptr<Communicator> group(WorkerRange) override { return nullptr; }
  std::int64_t bytes_sent() const override { return 0; }

 private:
  std::unique_ptr<Communicator> inner_;
  FakeClock& clock_;
  double seconds_;
};

const at::Tensor& rows() {
  static const at::Tensor ones = at::ones({4, 10});
  return ones;
}
}  // namespace

TEST_CASE("a paced communicator keeps the contract of what it slows down", "[contract]") {
  for (const ContractCase& promise : communicator_contract()) {
    INFO(promise.name);
    std::mutex mutex;
    std::string found;
    run_threads(2, 4, [&](Communicator& inner) {
      PacedCommunicator paced(std::make_unique<Borrowed>(inner),
                              [](std::int64_t, double) { return 1e-6; });
      Findings findings;
      promise.body(paced, findings);
      const std::lock_guard lock(mutex);
      found += findings.text();
    });
    CHECK(found.empty());
  }
}

TEST_CASE("every transfer lasts as long as one worker's bytes take among all", "[paced]") {
  FakeClock clock;
  PacedCommunicator paced(make_self_communicator(4), slow, clock.pace());
  at::Tensor out = at::zeros({10}), all = at::zeros({4, 10}), in = at::zeros({4, 10});
  const std::vector<int> peers{1, 2, 3, 0};
  const auto lasts = [&](const auto& transfer) {
    const double begin_s = clock.now_s;
    transfer().wait();
    return clock.now_s - begin_s;
  };
  CHECK(lasts([&] { return paced.mean(rows(), out, {}); }) == 5);
  CHECK(lasts([&] { return paced.max(rows(), out); }) == 5);
  CHECK(lasts([&] { return paced.broadcast(out, 2); }) == 5);
  CHECK(lasts([&] { return paced.all_gather(rows(), all); }) == 5);
  CHECK(lasts([&] { return paced.exchange(rows(), in, peers); }) == 5);
  CHECK(lasts([&] { return paced.group({4, 0, 4})->mean(rows(), out, {}); }) == 5);
  const double before_s = clock.now_s;
  paced.barrier();
  CHECK(clock.now_s == before_s);
  CHECK(paced.hidden_s() == 0);
}

TEST_CASE("a transfer that takes longer by itself is not slowed down", "[paced]") {
  FakeClock clock;
  PacedCommunicator paced(std::make_unique<Takes>(clock, 7, 4), slow, clock.pace());
  at::Tensor out = at::zeros({10});
  paced.mean(rows(), out, {}).wait();
  CHECK(clock.now_s == 107);
  CHECK(paced.hidden_s() == 0);
}

TEST_CASE("what passes before somebody waits is hidden, up to the end of the transfer", "[paced]") {
  for (const double away_s : {0.0, 1.5, 3.0, 20.0}) {
    INFO(away_s << " s between the call and the wait");
    FakeClock clock;
    MeteredCommunicator metered(std::make_unique<PacedCommunicator>(
        std::make_unique<Takes>(clock, 2, 4), slow, clock.pace()));
    at::Tensor out = at::zeros({10});
    Pending pending = metered.mean(rows(), out, {});
    CHECK(clock.now_s == 102);
    CHECK(at::equal(out, at::ones({10})));
    clock.now_s += away_s;
    pending.wait();
    CHECK(clock.now_s == std::max(105.0, 102 + away_s));
    CHECK(metered.hidden_s() == std::min(3.0, away_s));
    CHECK(metered.snapshot().hidden_s == metered.hidden_s());
  }
}

TEST_CASE("the real pace never ends early", "[paced]") {
  const Pace pace = real_pace();
  for (const double wait_s : {-1.0, 0.0, 1e-5, 1e-3}) {
    const double until_s = pace.now_s() + wait_s;
    pace.wait_until_s(until_s);
    CHECK(pace.now_s() >= until_s);
  }
}
