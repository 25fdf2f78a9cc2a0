// What workers say to each other. Algorithm code sees rows, never MPI, threads or a device.
// No torch, MPI or CUDA header is included here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

namespace at {
class Tensor;
}
namespace c10 {
enum class ScalarType : std::int8_t;
}

namespace lockstep {

/// A transfer that failed or met a deadline: names operation, rank and remedy.
struct CommError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Workers [first, first + count) of `total`: those that a process hosts, or a group.
struct WorkerRange {
  int total = 1;
  int first = 0;
  int count = 1;
  bool operator==(const WorkerRange&) const = default;
};

/// A transfer under way. Its tensors must not be touched until wait() has returned; wait() may be
/// called once more or never: the destructor does not wait. Transfers of a process complete in the
/// order they began.
class Pending {
 public:
  Pending() = default;  ///< complete
  explicit Pending(std::function<void()> finish) : finish_(std::move(finish)) {}
  bool complete() const { return !finish_; }
  void wait() {
    if (finish_) std::exchange(finish_, nullptr)();
  }

 private:
  std::function<void()> finish_;
};

/// `rows` is (workers().count, n), contiguous float32 or float64 on the communicator's device; row
/// i is worker workers().first + i. Every call is collective over processes: all call the same
/// operations in the same order with the same n and type. CPU backends accumulate in wider
/// arithmetic in worker order 0..W-1 and round once: the same bits for every number of processes.
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual WorkerRange workers() const = 0;

  /// out (n) := sum over workers of weight x row, divided by the sum of weights, equal on all
  /// processes. `weights` has one entry per worker of `workers().total` (the same everywhere), or
  /// is empty for the plain mean. `out` may be a row of `rows`.
  virtual Pending mean(const at::Tensor& rows, at::Tensor& out,
                       std::span<const double> weights) = 0;
  /// out (n) := elementwise maximum over all workers' rows.
  virtual Pending max(const at::Tensor& rows, at::Tensor& out) = 0;
  /// row (n) := the row that the process hosting `root_worker` passed.
  virtual Pending broadcast(at::Tensor& row, int root_worker) = 0;
  /// out (total, n) := all rows in worker order.
  virtual Pending all_gather(const at::Tensor& rows, at::Tensor& out) = 0;
  /// in row i := the row of worker peers[first + i]. `peers` has one entry per worker (the same
  /// everywhere): from whom that worker receives. `rows` and `in` must not overlap.
  virtual Pending exchange(const at::Tensor& rows, at::Tensor& in, std::span<const int> peers) = 0;
  virtual void barrier() = 0;

  /// Zeros (rows, n), in memory from which mean() and max() need no copies (an output too: row 0 of
  /// one). They must not outlive the communicator. Collective, the same n and type in all
  /// processes, which may ask for different numbers of rows.
  virtual at::Tensor zeros(std::int64_t rows, std::int64_t n, c10::ScalarType type) = 0;

  /// A communicator of the workers [group.first, group.first + group.count), numbered from 0 in it;
  /// nullptr in processes that host none of them. Collective over the processes that host one. It
  /// must not outlive its parent.
  virtual std::unique_ptr<Communicator> group(WorkerRange group) = 0;

  /// Bytes that this process has sent to other processes so far.
  virtual std::int64_t bytes_sent() const = 0;

  /// Seconds of this process' transfers so far that went by while it did something else. None where
  /// every transfer is over when its call returns.
  virtual double hidden_s() const { return 0; }
};

}  // namespace lockstep
