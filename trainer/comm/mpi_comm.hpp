// Communicators of MPI as objects, and what all their members do together. For the .cpp files of
// this folder.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "trainer/comm/shared_memory.hpp"

namespace lockstep {

/// A communicator of our own, which returns errors. Freeing is left out once MPI is gone, and while
/// an exception is on its way to ending the job.
class MpiComm {
 public:
  explicit MpiComm(MPI_Comm comm);
  MpiComm(MpiComm&& other) noexcept;
  MpiComm& operator=(MpiComm&&) = delete;
  ~MpiComm();
  MPI_Comm get() const { return comm_; }

 private:
  MPI_Comm comm_;
};

/// Collective over `comm`.
MpiComm duplicate(MPI_Comm comm);
/// Collective over `members` (ranks in `parent`), all of which call it.
MpiComm subset(MPI_Comm parent, const std::vector<int>& members);
/// Whether all processes may share memory. Collective, the same answer for all.
bool on_one_host(const MpiComm& comm);

/// Memory with a segment of `bytes` (each process may ask for another size) for every process, or
/// nothing, and why the first process that cannot have it cannot. Collective over processes of one
/// host; either all get it or none.
struct Shared {
  std::shared_ptr<SharedMemory> memory;
  std::string why_not;
};
Shared share_memory(const MpiComm& comm, std::int64_t bytes);

}  // namespace lockstep
