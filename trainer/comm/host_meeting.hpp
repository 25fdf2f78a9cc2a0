// Where the processes of one host meet, in memory that they share: a barrier of two atomic
// counters, and a board on which each posts what it is about to do. No MPI. For the .cpp files of
// this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "trainer/comm/rows.hpp"

namespace lockstep {

class HostMeeting {
 public:
  /// Where something lies in the shared memory numbered `memory`, which all opened in the same
  /// order; -1: not in any.
  struct Place {
    std::int32_t memory = -1;
    std::int64_t offset = 0;
    bool shared() const { return memory >= 0; }
  };
  struct Post {
    Reduction::Kind operation = Reduction::Kind::mean;
    Element element = Element::float32;
    std::int64_t n = 0;
    Place rows, out;
  };

  static std::int64_t bytes_for(int processes);

  /// `board` is bytes_for(processes) of zeroed memory, the same for all. `while_waiting` is called
  /// again and again by one that has waited for a while: it should give the core away. A wait has
  /// no deadline of its own, as with MPI: a process that dies ends the job, one that hangs is the
  /// watchdog's.
  HostMeeting(std::byte* board, int processes, int me, std::function<void()> while_waiting);

  /// Returns when all have come; what they wrote before can be read then.
  void meet();
  /// Shows `post` to all, and meets. Throws CommError where processes came for different
  /// operations, sizes or types.
  void meet(const Post& post);
  /// A process's post, until the next meet() after the one that showed it.
  const Post& post(int process) const;

 private:
  struct Board;
  Board* const board_;
  Post* const posts_;
  const int processes_, me_;
  const std::function<void()> while_waiting_;
};

}  // namespace lockstep
