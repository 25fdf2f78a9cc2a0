// A communicator as slow as a network that is not there: no transfer is over before that network
// would have ended it. It changes when, never what. It does not make transfers share the network:
// each has it alone, as in the clock's formulas.
#pragma once

#include <functional>
#include <memory>

#include "trainer/comm/communicator.hpp"

namespace lockstep {

/// Seconds that the network takes for what each of so many endpoints contributes, in bytes.
using TransferSeconds = std::function<double(std::int64_t endpoints, double bytes)>;

/// How a paced communicator sees time and lets it pass; a test has its own.
struct Pace {
  std::function<double()> now_s;
  std::function<void(double)> wait_until_s;
};
/// The steady clock. Waits asleep, and the last moment by giving the core away: a sleep ends when
/// the kernel's timer does, which a fast network would notice.
Pace real_pace();

/// Passes every call on. A transfer lasts as long as that of `inner`, at least `seconds` from the
/// call to the end of Pending::wait(): one whose Pending is not waited for at once goes on
/// meanwhile. Barriers, which send nothing, are as fast as before. Groups are paced alike.
class PacedCommunicator final : public Communicator {
 public:
  PacedCommunicator(std::unique_ptr<Communicator> inner, TransferSeconds seconds,
                    Pace pace = real_pace());

  WorkerRange workers() const override { return inner_->workers(); }
  Pending mean(const at::Tensor& rows, at::Tensor& out, std::span<const double> weights) override;
  Pending max(const at::Tensor& rows, at::Tensor& out) override;
  Pending broadcast(at::Tensor& row, int root_worker) override;
  Pending all_gather(const at::Tensor& rows, at::Tensor& out) override;
  Pending exchange(const at::Tensor& rows, at::Tensor& in, std::span<const int> peers) override;
  void barrier() override { inner_->barrier(); }
  at::Tensor zeros(std::int64_t rows, std::int64_t n, c10::ScalarType type) override;
  std::unique_ptr<Communicator> group(WorkerRange group) override;
  std::int64_t bytes_sent() const override { return inner_->bytes_sent(); }
  double hidden_s() const override { return *hidden_s_; }

 private:
  template <class Transfer>
  Pending pace(std::int64_t bytes, Transfer transfer);

  std::unique_ptr<Communicator> inner_;
  TransferSeconds seconds_;
  Pace pace_;
  std::shared_ptr<double> hidden_s_;  ///< shared with transfers under way
};

}  // namespace lockstep
