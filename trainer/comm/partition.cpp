#include "trainer/comm/partition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace lockstep {

Slice slice_of(std::int64_t n, int parts, int part) {
  // quotient and remainder apart: n x parts may not fit
  const std::int64_t each = n / parts, rest = n % parts;
  const auto border = [&](std::int64_t p) { return each * p + std::min(rest, p); };
  return {border(part), border(part + 1)};
}

Partition Partition::even(int workers, int processes) {
  if (workers < 1 || processes < 1 || workers % processes != 0) {
    throw CommError(fmt::format(
        "{} workers cannot be shared equally by {} processes; start a number of processes that "
        "divides the number of workers",
        workers, processes));
  }
  Partition partition;
  for (int p = 0; p <= processes; ++p) partition.first.push_back(workers / processes * p);
  return partition;
}

int Partition::count(int process) const {
  const auto p = static_cast<std::size_t>(process);
  return first[p + 1] - first[p];
}

int Partition::host_of(int worker) const {
  return static_cast<int>(std::upper_bound(first.begin(), first.end(), worker) - first.begin()) - 1;
}

WorkerRange Partition::range(int process) const {
  return {total(), first[static_cast<std::size_t>(process)], count(process)};
}

GroupPartition group_partition(const Partition& parent, WorkerRange group) {
  if (group.count < 1 || group.first < 0 || group.first > parent.total() - group.count) {
    throw std::invalid_argument(fmt::format("group of workers [{}, {}) is not inside [0, {})",
                                            group.first, group.first + group.count,
                                            parent.total()));
  }
  GroupPartition out;
  out.partition.first.push_back(0);
  const int last = group.first + group.count;
  for (int p = parent.host_of(group.first); p <= parent.host_of(last - 1); ++p) {
    out.members.push_back(p);
    const int end = parent.first[static_cast<std::size_t>(p) + 1];
    out.partition.first.push_back(std::min(end, last) - group.first);
  }
  return out;
}

}  // namespace lockstep
