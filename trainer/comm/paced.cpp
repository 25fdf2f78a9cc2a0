#include "trainer/comm/paced.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace lockstep {

namespace {
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// Linux lets a sleep end 50 us late (timer slack), and a virtual core takes as long to wake up.
constexpr double kWakeUpS = 200e-6;

double clock_s() { return Seconds(Clock::now().time_since_epoch()).count(); }

void wait_until(double deadline_s) {
  if (const double left_s = deadline_s - clock_s(); left_s > kWakeUpS)
    std::this_thread::sleep_for(Seconds(left_s - kWakeUpS));
  while (clock_s() < deadline_s) std::this_thread::yield();
}

std::int64_t bytes_of(const at::Tensor& tensor) {
  return static_cast<std::int64_t>(tensor.nbytes());
}

std::int64_t bytes_of_a_row(const at::Tensor& rows) {
  return rows.size(0) > 0 ? bytes_of(rows) / rows.size(0) : 0;
}
}  // namespace

Pace real_pace() { return {clock_s, wait_until}; }

PacedCommunicator::PacedCommunicator(std::unique_ptr<Communicator> inner, TransferSeconds seconds,
                                     Pace pace)
    : inner_(std::move(inner)),
      seconds_(std::move(seconds)),
      pace_(std::move(pace)),
      hidden_s_(std::make_shared<double>(0)) {}

template <class Transfer>
Pending PacedCommunicator::pace(std::int64_t bytes, Transfer transfer) {
  const double over_s =
      pace_.now_s() + seconds_(inner_->workers().total, static_cast<double>(bytes));
  Pending pending = transfer();
  const double left_at_s = pace_.now_s();
  return Pending([pending, over_s, left_at_s, clock = pace_, hidden_s = hidden_s_]() mutable {
    pending.wait();
    *hidden_s += std::max(0.0, std::min(over_s, clock.now_s()) - left_at_s);
    clock.wait_until_s(over_s);
  });
}

Pending PacedCommunicator::mean(const at::Tensor& rows, at::Tensor& out,
                                std::span<const double> weights) {
  return pace(bytes_of(out), [&] { return inner_->mean(rows, out, weights); });
}

Pending PacedCommunicator::max(const at::Tensor& rows, at::Tensor& out) {
  return pace(bytes_of(out), [&] { return inner_->max(rows, out); });
}

Pending PacedCommunicator::broadcast(at::Tensor& row, int root_worker) {
  return pace(bytes_of(row), [&] { return inner_->broadcast(row, root_worker); });
}

Pending PacedCommunicator::all_gather(const at::Tensor& rows, at::Tensor& out) {
  return pace(bytes_of_a_row(rows), [&] { return inner_->all_gather(rows, out); });
}

Pending PacedCommunicator::exchange(const at::Tensor& rows, at::Tensor& in,
                                    std::span<const int> peers) {
  return pace(bytes_of_a_row(rows), [&] { return inner_->exchange(rows, in, peers); });
}

at::Tensor PacedCommunicator::zeros(std::int64_t rows, std::int64_t n, c10::ScalarType type) {
  return inner_->zeros(rows, n, type);
}

std::unique_ptr<Communicator> PacedCommunicator::group(WorkerRange group) {
  std::unique_ptr<Communicator> inner = inner_->group(group);
  if (!inner) return nullptr;
  return std::make_unique<PacedCommunicator>(std::move(inner), seconds_, pace_);
}

}  // namespace lockstep
