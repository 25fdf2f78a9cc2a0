// Passes every call on to a communicator that somebody else owns: for decorators, which own theirs.
#pragma once

#include "trainer/comm/communicator.hpp"

namespace lockstep::test {

class Borrowed final : public Communicator {
 public:
  explicit Borrowed(Communicator& inner) : inner_(inner) {}
  WorkerRange workers() const override { return inner_.workers(); }
  Pending mean(const at::Tensor& rows, at::Tensor& out, std::span<const double> weights) override {
    return inner_.mean(rows, out, weights);
  }
  Pending max(const at::Tensor& rows, at::Tensor& out) override { return inner_.max(rows, out); }
  Pending broadcast(at::Tensor& row, int root) override { return inner_.broadcast(row, root); }
  Pending all_gather(const at::Tensor& rows, at::Tensor& out) override {
    return inner_.all_gather(rows, out);
  }
  Pending exchange(const at::Tensor& rows, at::Tensor& in, std::span<const int> peers) override {
    return inner_.exchange(rows, in, peers);
  }
  void barrier() override { inner_.barrier(); }
  at::Tensor zeros(std::int64_t rows, std::int64_t n, c10::ScalarType type) override {
    return inner_.zeros(rows, n, type);
  }
  std::unique_ptr<Communicator> group(WorkerRange group) override { return inner_.group(group); }
  std::int64_t bytes_sent() const override { return inner_.bytes_sent(); }
  double hidden_s() const override { return inner_.hidden_s(); }

 private:
  Communicator& inner_;
};

}  // namespace lockstep::test
