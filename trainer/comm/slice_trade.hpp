// The layout of one step of a reduction over processes: each process reduces one slice of a chunk
// of columns, over the rows of all workers. Pure: no MPI. For the .cpp files of this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "trainer/comm/partition.hpp"
#include "trainer/comm/rows.hpp"

namespace lockstep {

/// Counts and displacements of an MPI "v" call, in bytes, by process. They fit an int because a
/// chunk does.
struct Blocks {
  explicit Blocks(int processes) : counts(static_cast<std::size_t>(processes)), starts(counts) {}
  void set(int process, std::int64_t start, std::int64_t count);
  std::vector<int> counts, starts;
};

/// Prepares a chunk: packs what the others need of our rows, and says where everything lies. Its
/// buffers are kept between chunks and calls.
class SliceTrade {
 public:
  SliceTrade(const Partition& partition, int process);

  /// `in` are the hosted rows; columns [chunk.begin, chunk.end) are traded. Borrows the rows until
  /// the chunk is reduced.
  void prepare(const RowsView& in, Slice chunk);

  /// What goes to whom (nothing to ourselves), and from whom what comes.
  const std::byte* to_send() const { return to_send_; }
  std::byte* to_receive() { return receive_buffer_.data(); }
  const Blocks& sent() const { return sent_; }
  const Blocks& received() const { return received_; }

  /// After the trade: our slice of each worker's row, in worker order.
  const std::vector<const std::byte*>& worker_slices() const { return worker_slices_; }
  /// Our slice, as columns of the chunk.
  Slice own_slice() const { return own_; }
  /// Where each process's slice lies in the chunk.
  const Blocks& slices() const { return slices_; }
  /// Bytes that this process sends in the trade, and with its result to all others.
  std::int64_t bytes_sent() const { return bytes_sent_; }

 private:
  void pack(const RowsView& in, Slice chunk);
  void point(const RowsView& in, Slice chunk);

  const Partition partition_;
  const int me_;
  std::vector<std::byte> send_buffer_, receive_buffer_;
  const std::byte* to_send_ = nullptr;
  Blocks sent_, received_, slices_;
  std::vector<const std::byte*> worker_slices_;
  Slice own_;
  std::int64_t bytes_sent_ = 0;
};

}  // namespace lockstep
