// A communicator that measures the one inside it, and can say what it is doing.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "trainer/comm/communicator.hpp"

namespace lockstep {

/// What a process has spent on communication. Barriers count as calls without payload.
struct Meter {
  std::int64_t calls = 0;
  std::int64_t payload_bytes = 0;  ///< of the rows that this process handed in
  std::int64_t wire_bytes = 0;     ///< sent to other processes, groups included
  double wait_s = 0;               ///< for other processes to arrive
  double transfer_s = 0;           ///< in the call, once all had arrived, and in Pending::wait()
  double hidden_s = 0;             ///< between the two, as long as the transfer went on

  bool operator==(const Meter&) const = default;
};
Meter operator-(const Meter& later, const Meter& earlier);
Meter operator+(const Meter& a, const Meter& b);

/// The totals of a MeteredCommunicator and of its groups. Safe to read from another thread.
class MeterBook {
 public:
  Meter snapshot() const;
  /// "7 mean 407240 bytes (under way)": number, operation, payload and state of the latest call;
  /// "none" before it.
  std::string last_operation() const;

 private:
  friend class MeteredCommunicator;
  std::int64_t begin(const char* operation, std::int64_t payload_bytes);  // the number of the call
  void add(const Meter& spent);
  void end(std::int64_t number);

  mutable std::mutex mutex_;  // held for a few stores: a watchdog never waits for a transfer
  Meter total_;
  const char* operation_ = nullptr;
  std::int64_t payload_bytes_ = 0;
  bool under_way_ = false;
};

/// Passes every call on. Where other processes exist it meets them in a barrier first, timed as
/// wait: the transfer is then timed without the stragglers. Groups made from it write into the same
/// book.
class MeteredCommunicator final : public Communicator {
 public:
  explicit MeteredCommunicator(std::unique_ptr<Communicator> inner);

  Meter snapshot() const { return book_->snapshot(); }
  std::string last_operation() const { return book_->last_operation(); }

  WorkerRange workers() const override { return inner_->workers(); }
  Pending mean(const at::Tensor& rows, at::Tensor& out, std::span<const double> weights) override;
  Pending max(const at::Tensor& rows, at::Tensor& out) override;
  Pending broadcast(at::Tensor& row, int root_worker) override;
  Pending all_gather(const at::Tensor& rows, at::Tensor& out) override;
  Pending exchange(const at::Tensor& rows, at::Tensor& in, std::span<const int> peers) override;
  void barrier() override;
  at::Tensor zeros(std::int64_t rows, std::int64_t n, c10::ScalarType type) override;
  std::unique_ptr<Communicator> group(WorkerRange group) override;
  std::int64_t bytes_sent() const override { return inner_->bytes_sent(); }
  double hidden_s() const override { return inner_->hidden_s(); }

 private:
  MeteredCommunicator(std::unique_ptr<Communicator> inner, std::shared_ptr<MeterBook> book);
  template <class Transfer>
  Pending measure(const char* operation, const at::Tensor& payload, Transfer transfer);
  void wait_for_others();

  std::unique_ptr<Communicator> inner_;
  std::shared_ptr<MeterBook>
      book_;  // shared with groups, and with transfers that are still under way
};

}  // namespace lockstep
