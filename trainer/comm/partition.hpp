// Which process hosts which workers, and which process reduces which columns. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "trainer/comm/communicator.hpp"

namespace lockstep {

/// Columns [begin, end).
struct Slice {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
};

/// Slice `part` of [0, n) cut into `parts`, as equal as whole numbers allow.
Slice slice_of(std::int64_t n, int parts, int part);

/// Process p hosts workers [first[p], first[p + 1]); first[0] is 0.
struct Partition {
  std::vector<int> first;

  /// Throws CommError where `processes` does not divide `workers`.
  static Partition even(int workers, int processes);

  int processes() const { return static_cast<int>(first.size()) - 1; }
  int total() const { return first.back(); }
  int count(int process) const;
  int host_of(int worker) const;
  WorkerRange range(int process) const;
};

/// The hosts of a group of workers (ascending, as processes of the parent), and who of them hosts
/// what, renumbered from 0. A process hosts none, some or all of a group.
struct GroupPartition {
  std::vector<int> members;
  Partition partition;
};

/// Throws std::invalid_argument where the group is empty or not inside the parent.
GroupPartition group_partition(const Partition& parent, WorkerRange group);

}  // namespace lockstep
