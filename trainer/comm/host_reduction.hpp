// A mean or maximum over workers whose processes share memory: each process reduces one slice of
// the columns over the rows of all workers, read where they lie, and writes the result to all. Rows
// that do not lie in shared memory pass through it in pieces that stay in the cache. No MPI. For
// the .cpp files of this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "trainer/comm/host_meeting.hpp"
#include "trainer/comm/partition.hpp"
#include "trainer/comm/rows.hpp"
#include "trainer/comm/shared_memory.hpp"

namespace lockstep {

class HostReduction {
 public:
  /// Bytes of each process's segment of the `desk` that is given to the constructor. `chunk_bytes`
  /// bounds what a process lays on it at once, the same in all processes.
  static std::int64_t desk_bytes(const Partition& partition, std::int64_t chunk_bytes);

  /// `desk`: board and staging place, zeroed, of all processes of the partition.
  HostReduction(const Partition& partition, int process, std::shared_ptr<SharedMemory> desk,
                std::int64_t chunk_bytes, std::function<void()> while_waiting);

  /// From now on rows inside `memory` are read and written in place. All processes add the same
  /// memories in the same order.
  void add(std::shared_ptr<SharedMemory> memory) { memories_.push_back(std::move(memory)); }

  void barrier() { meeting_.meet(); }
  /// Collective. Returns the bytes that a process without shared memory would have sent.
  std::int64_t reduce(const Reduction& reduction, const RowsView& in, const RowsView& out);

 private:
  using Post = HostMeeting::Post;

  HostMeeting::Place place_of(const std::byte* data, std::int64_t bytes) const;
  std::byte* at(int process, HostMeeting::Place place) const;
  std::byte* staged_row(int process, std::int64_t row, std::int64_t row_bytes) const;
  std::byte* staged_result(int process) const;

  void stage(const RowsView& in, Slice chunk) const;
  void reduce_own_slice(const Reduction& reduction, const RowsView& in, const RowsView& out,
                        Slice chunk) const;
  void fetch(const RowsView& out, Slice chunk) const;

  const Partition partition_;
  const int me_;
  const std::int64_t stage_bytes_, board_bytes_;
  const std::shared_ptr<SharedMemory> desk_;
  HostMeeting meeting_;
  std::vector<std::shared_ptr<SharedMemory>> memories_;
};

}  // namespace lockstep
