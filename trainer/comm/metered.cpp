#include "trainer/comm/metered.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>

namespace lockstep {

namespace {
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};
}  // namespace

Meter operator-(const Meter& later, const Meter& earlier) {
  return {later.calls - earlier.calls,           later.payload_bytes - earlier.payload_bytes,
          later.wire_bytes - earlier.wire_bytes, later.wait_s - earlier.wait_s,
          later.transfer_s - earlier.transfer_s, later.hidden_s - earlier.hidden_s};
}

Meter operator+(const Meter& a, const Meter& b) {
  return {a.calls + b.calls,   a.payload_bytes + b.payload_bytes, a.wire_bytes + b.wire_bytes,
          a.wait_s + b.wait_s, a.transfer_s + b.transfer_s,       a.hidden_s + b.hidden_s};
}

Meter MeterBook::snapshot() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

std::string MeterBook::last_operation() const {
  const std::lock_guard lock(mutex_);
  if (!operation_) return "none";
  return fmt::format("{} {} {} bytes ({})", total_.calls, operation_, payload_bytes_,
                     under_way_ ? "under way" : "done");
}

std::int64_t MeterBook::begin(const char* operation, std::int64_t payload_bytes) {
  const std::lock_guard lock(mutex_);
  total_.calls += 1;
  total_.payload_bytes += payload_bytes;
  operation_ = operation;
  payload_bytes_ = payload_bytes;
  under_way_ = true;
  return total_.calls;
}

void MeterBook::add(const Meter& spent) {
  const std::lock_guard lock(mutex_);
  total_ = total_ + spent;
}

void MeterBook::end(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  if (number == total_.calls) under_way_ = false;
}

MeteredCommunicator::MeteredCommunicator(std::unique_ptr<Communicator> inner)
    : MeteredCommunicator(std::move(inner), std::make_shared<MeterBook>()) {}

MeteredCommunicator::MeteredCommunicator(std::unique_ptr<Communicator> inner,
                                         std::shared_ptr<MeterBook> book)
    : inner_(std::move(inner)), book_(std::move(book)) {}

void MeteredCommunicator::wait_for_others() {
  if (workers().count == workers().total) return;
  const Stopwatch watch;
  inner_->barrier();
  book_->add({.wait_s = watch.seconds()});
}

template <class Transfer>
Pending MeteredCommunicator::measure(const char* operation, const at::Tensor& payload,
                                     Transfer transfer) {
  const std::int64_t number = book_->begin(operation, static_cast<std::int64_t>(payload.nbytes()));
  wait_for_others();
  const std::int64_t before = inner_->bytes_sent();
  const Stopwatch watch;
  Pending pending = transfer();
  book_->add({.wire_bytes = inner_->bytes_sent() - before, .transfer_s = watch.seconds()});
  if (pending.complete()) {
    book_->end(number);
    return pending;
  }
  return Pending([book = book_, number, pending, &comm = *inner_]() mutable {
    const double hidden_before_s = comm.hidden_s();
    const Stopwatch rest;
    pending.wait();
    book->add({.transfer_s = rest.seconds(), .hidden_s = comm.hidden_s() - hidden_before_s});
    book->end(number);
  });
}

Pending MeteredCommunicator::mean(const at::Tensor& rows, at::Tensor& out,
                                  std::span<const double> weights) {
  return measure("mean", rows, [&] { return inner_->mean(rows, out, weights); });
}

Pending MeteredCommunicator::max(const at::Tensor& rows, at::Tensor& out) {
  return measure("max", rows, [&] { return inner_->max(rows, out); });
}

Pending MeteredCommunicator::broadcast(at::Tensor& row, int root_worker) {
  return measure("broadcast", row, [&] { return inner_->broadcast(row, root_worker); });
}

Pending MeteredCommunicator::all_gather(const at::Tensor& rows, at::Tensor& out) {
  return measure("all_gather", rows, [&] { return inner_->all_gather(rows, out); });
}

Pending MeteredCommunicator::exchange(const at::Tensor& rows, at::Tensor& in,
                                      std::span<const int> peers) {
  return measure("exchange", rows, [&] { return inner_->exchange(rows, in, peers); });
}

void MeteredCommunicator::barrier() {
  const std::int64_t number = book_->begin("barrier", 0);
  const Stopwatch watch;
  inner_->barrier();
  book_->add({.wait_s = watch.seconds()});
  book_->end(number);
}

at::Tensor MeteredCommunicator::zeros(std::int64_t rows, std::int64_t n, c10::ScalarType type) {
  return inner_->zeros(rows, n, type);
}

std::unique_ptr<Communicator> MeteredCommunicator::group(WorkerRange group) {
  std::unique_ptr<Communicator> inner = inner_->group(group);
  if (!inner) return nullptr;
  return std::unique_ptr<Communicator>(new MeteredCommunicator(std::move(inner), book_));
}

}  // namespace lockstep
