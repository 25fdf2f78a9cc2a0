// Workers spread over the processes of an MPI world. mpi.h is included by the .cpp files alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "trainer/comm/communicator.hpp"

namespace lockstep {

/// Owns MPI in this process: initialises it, and finalises it last. One at a time, in main;
/// communicators must not outlive it. MPI returns errors, which become CommError, in place of
/// ending the process.
class MpiEnvironment {
 public:
  /// Asks for MPI_THREAD_MULTIPLE, so that a watchdog may call abort() while another thread is
  /// inside a transfer. Throws CommError where MPI was initialised before, or has no safe use from
  /// the main thread.
  MpiEnvironment();
  /// Finalises, which waits for all processes. Where an exception ends the scope it aborts the job
  /// instead, as the others would wait for this process for ever; so catch inside the scope, print
  /// what it was, and call abort().
  ~MpiEnvironment();
  MpiEnvironment(MpiEnvironment&& other) noexcept;
  MpiEnvironment& operator=(MpiEnvironment&& other) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  const std::string& host() const { return host_; }
  /// Processes of this job that share memory with this one, itself included, and its number among
  /// them.
  int ranks_on_host() const { return ranks_on_host_; }
  int rank_on_host() const { return rank_on_host_; }

  /// Ends all processes of the job; `code` becomes the exit status as far as the launcher passes it
  /// on.
  [[noreturn]] void abort(int code) const noexcept;

 private:
  bool owner_ = true;
  int exceptions_ = 0;  // in flight when this was made
  int rank_ = 0, size_ = 1, ranks_on_host_ = 1, rank_on_host_ = 0;
  std::string host_;
};

struct MpiOptions {
  /// Bytes that a process puts into one step of a transfer: larger does not stay in the cache.
  /// From 1 to 2^30, the same in all processes; the results do not depend on it.
  std::int64_t chunk_bytes = std::int64_t{1} << 20;
  /// Processes that are all on one host reduce in memory that they share. Off, or where it cannot
  /// be had (rank 0 says so on stderr): by messages, as between hosts, with the same bits.
  bool share_memory = true;
};

/// Each process hosts workers / size of the workers. Collective. Throws CommError unless the size
/// divides `workers`. A process that hosts all workers sends nothing. Transfers have no deadline of
/// their own: a process that dies ends the job through mpirun or srun, one that hangs is the
/// watchdog's (metered.hpp, last_operation).
std::unique_ptr<Communicator> make_mpi_communicator(MpiEnvironment& environment, int workers,
                                                    MpiOptions options = {});

}  // namespace lockstep
