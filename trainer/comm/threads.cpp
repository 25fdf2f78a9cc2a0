#include "trainer/comm/threads.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cstring>
#include <thread>

#include "trainer/comm/thread_hub.hpp"

namespace lockstep {

namespace {

void copy_bytes(std::byte* to, const std::byte* from, std::int64_t bytes) {
  if (bytes > 0 && to != from) std::memmove(to, from, static_cast<std::size_t>(bytes));
}

// Members read each other's memory; bytes_sent counts what processes in its place would have sent.
class ThreadCommunicator final : public Communicator {
 public:
  ThreadCommunicator(std::shared_ptr<ThreadHub> hub, int member)
      : hub_(std::move(hub)), member_(member) {}

  WorkerRange workers() const override { return partition().range(member_); }

  Pending mean(const at::Tensor& rows, at::Tensor& out, std::span<const double> weights) override {
    return reduce(Reduction::mean(weights, partition().total()), rows, out);
  }

  Pending max(const at::Tensor& rows, at::Tensor& out) override {
    return reduce(Reduction::max(), rows, out);
  }

  Pending broadcast(at::Tensor& row, int root_worker) override {
    const RowsView view = view_row(row, "broadcast");
    check_root(root_worker, partition().total());
    hub_->meet(member_, post_of("broadcast", view, view.data));
    const int root = partition().host_of(root_worker);
    copy_bytes(view.data, hub_->post(root).in, view.row_bytes());
    if (root == member_) bytes_sent_ += view.row_bytes() * (partition().processes() - 1);
    return finish("broadcast");
  }

  Pending all_gather(const at::Tensor& rows, at::Tensor& out) override {
    const RowsView in = view_rows(rows, local_count(), "all_gather");
    const RowsView to = view_output(out, partition().total(), false, in, "all_gather");
    hub_->meet(member_, post_of("all_gather", in, nullptr));
    for (int p = 0; p < partition().processes(); ++p) {
      const WorkerRange theirs = partition().range(p);
      copy_bytes(to.row(theirs.first), hub_->post(p).in, theirs.count * in.row_bytes());
    }
    bytes_sent_ += in.count * in.row_bytes() * (partition().processes() - 1);
    return finish("all_gather");
  }

  Pending exchange(const at::Tensor& rows, at::Tensor& in, std::span<const int> peers) override {
    const RowsView from = view_rows(rows, local_count(), "exchange");
    const RowsView to = view_output(in, local_count(), false, from, "exchange");
    check_peers(peers, partition().total());
    hub_->meet(member_, post_of("exchange", from, nullptr));
    for (int receiver = 0; receiver < partition().total(); ++receiver) {
      const int sender = peers[static_cast<std::size_t>(receiver)];
      const int source = partition().host_of(sender), target = partition().host_of(receiver);
      if (target == member_) {
        copy_bytes(to.row(receiver - partition().range(target).first),
                   row_of(sender, to.row_bytes()), to.row_bytes());
      } else if (source == member_) {
        bytes_sent_ += to.row_bytes();
      }
    }
    return finish("exchange");
  }

  void barrier() override { hub_->meet(member_, "barrier"); }

  at::Tensor zeros(std::int64_t rows, std::int64_t n, c10::ScalarType type) override {
    return at::zeros({rows, n}, type);
  }

  std::unique_ptr<Communicator> group(WorkerRange group) override {
    const GroupPartition part = group_partition(partition(), group);
    for (std::size_t i = 0; i < part.members.size(); ++i) {
      if (part.members[i] != member_) continue;
      return std::make_unique<ThreadCommunicator>(hub_->join_group(member_, group, part),
                                                  static_cast<int>(i));
    }
    return nullptr;
  }

  std::int64_t bytes_sent() const override { return bytes_sent_; }

 private:
  const Partition& partition() const { return hub_->partition(); }
  std::int64_t local_count() const { return partition().count(member_); }

  static ThreadHub::Post post_of(const char* operation, const RowsView& in, std::byte* out) {
    return {operation, in.n, in.element, in.data, out};
  }

  // A worker's row, wherever it is hosted.
  const std::byte* row_of(int worker, std::int64_t row_bytes) const {
    const int host = partition().host_of(worker);
    return hub_->post(host).in + (worker - partition().range(host).first) * row_bytes;
  }

  // Nobody touches its tensors again before all are through with them.
  Pending finish(const char* operation) {
    hub_->meet(member_, operation);
    return {};
  }

  // Each member reduces one slice of the columns, of all rows, and writes it to all: nobody else
  // touches that slice.
  Pending reduce(const Reduction& reduction, const at::Tensor& rows, at::Tensor& out) {
    const RowsView in = view_rows(rows, local_count(), reduction.name());
    const RowsView to = view_output(out, 1, true, in, reduction.name());
    hub_->meet(member_, post_of(reduction.name(), in, to.data));
    const int processes = partition().processes();
    const Slice slice = slice_of(in.n, processes, member_);
    const std::int64_t element = bytes_of(in.element), at = slice.begin * element;
    std::vector<const std::byte*> pointers;
    for (int w = 0; w < partition().total(); ++w) {
      pointers.push_back(row_of(w, in.row_bytes()) + at);
    }
    reduction.apply(in.element, pointers, to.data + at, slice.size());
    for (int p = 0; p < processes; ++p) {
      copy_bytes(hub_->post(p).out + at, to.data + at, slice.size() * element);
    }
    bytes_sent_ += (in.count * (in.n - slice.size()) + (processes - 1) * slice.size()) * element;
    return finish(reduction.name());
  }

  std::shared_ptr<ThreadHub> hub_;
  const int member_;
  std::int64_t bytes_sent_ = 0;
};

}  // namespace

void run_threads(int processes, int workers, const std::function<void(Communicator&)>& body,
                 std::chrono::milliseconds deadline) {
  ThreadWorld world(processes, deadline);
  std::vector<int> ranks;
  for (int rank = 0; rank < processes; ++rank) ranks.push_back(rank);
  const auto hub =
      std::make_shared<ThreadHub>(world, Partition::even(workers, processes), std::move(ranks));
  const auto run_rank = [&](int rank) {
    std::exception_ptr error;
    try {
      at::set_num_threads(1);
      ThreadCommunicator communicator(hub, rank);
      body(communicator);
    } catch (...) {
      error = std::current_exception();
    }
    world.leave(rank, error);
  };
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < processes; ++rank) threads.emplace_back(run_rank, rank);
  }
  world.rethrow_first_failure();
}

}  // namespace lockstep
