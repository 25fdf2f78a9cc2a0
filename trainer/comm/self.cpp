#include "trainer/comm/self.hpp"

#include <ATen/ATen.h>

#include <cstring>

#include "trainer/comm/partition.hpp"
#include "trainer/comm/rows.hpp"

namespace lockstep {

namespace {

void copy_bytes(std::byte* to, const std::byte* from, std::int64_t bytes) {
  if (bytes > 0 && to != from) std::memmove(to, from, static_cast<std::size_t>(bytes));
}

class SelfCommunicator final : public Communicator {
 public:
  explicit SelfCommunicator(int workers) : partition_(Partition::even(workers, 1)) {}

  WorkerRange workers() const override { return partition_.range(0); }

  Pending mean(const at::Tensor& rows, at::Tensor& out, std::span<const double> weights) override {
    return reduce(Reduction::mean(weights, partition_.total()), rows, out);
  }

  Pending max(const at::Tensor& rows, at::Tensor& out) override {
    return reduce(Reduction::max(), rows, out);
  }

  Pending broadcast(at::Tensor& row, int root_worker) override {
    view_row(row, "broadcast");
    check_root(root_worker, partition_.total());
    return {};
  }

  Pending all_gather(const at::Tensor& rows, at::Tensor& out) override {
    const RowsView in = view_rows(rows, partition_.total(), "all_gather");
    const RowsView to = view_output(out, partition_.total(), false, in, "all_gather");
    copy_bytes(to.data, in.data, in.count * in.row_bytes());
    return {};
  }

  Pending exchange(const at::Tensor& rows, at::Tensor& in, std::span<const int> peers) override {
    const RowsView from = view_rows(rows, partition_.total(), "exchange");
    const RowsView to = view_output(in, partition_.total(), false, from, "exchange");
    check_peers(peers, partition_.total());
    for (std::int64_t i = 0; i < to.count; ++i) {
      copy_bytes(to.row(i), from.row(peers[static_cast<std::size_t>(i)]), to.row_bytes());
    }
    return {};
  }

  void barrier() override {}

  at::Tensor zeros(std::int64_t rows, std::int64_t n, c10::ScalarType type) override {
    return at::zeros({rows, n}, type);
  }

  std::unique_ptr<Communicator> group(WorkerRange group) override {
    return std::make_unique<SelfCommunicator>(group_partition(partition_, group).partition.total());
  }

  std::int64_t bytes_sent() const override { return 0; }

 private:
  Pending reduce(const Reduction& reduction, const at::Tensor& rows, at::Tensor& out) {
    const RowsView in = view_rows(rows, partition_.total(), reduction.name());
    const RowsView to = view_output(out, 1, true, in, reduction.name());
    std::vector<const std::byte*> pointers;
    for (std::int64_t i = 0; i < in.count; ++i) pointers.push_back(in.row(i));
    reduction.apply(in.element, pointers, to.data, in.n);
    return {};
  }

  Partition partition_;
};

}  // namespace

std::unique_ptr<Communicator> make_self_communicator(int workers) {
  return std::make_unique<SelfCommunicator>(workers);
}

}  // namespace lockstep
