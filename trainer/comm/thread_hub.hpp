// Where the ranks of run_threads() meet: a rendezvous in memory that shows each rank what the
// others offer, and that never waits for a rank that has failed or left. For the .cpp files of this
// folder.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "trainer/comm/partition.hpp"
#include "trainer/comm/rows.hpp"

namespace lockstep {

/// What all ranks and all groups of one run share. Outlives them.
class ThreadWorld {
 public:
  ThreadWorld(int ranks, std::chrono::milliseconds deadline)
      : deadline_(deadline), left_(static_cast<std::size_t>(ranks), false) {}

  /// The rank has returned. With an error: it has failed, which ends the waits of all others.
  void leave(int rank, std::exception_ptr error);
  /// Throws the failure that came first, if there was one. Call it when no rank runs any more.
  void rethrow_first_failure();

 private:
  friend class ThreadHub;
  const std::chrono::milliseconds deadline_;
  std::mutex mutex_;  // guards everything below, and the members of every hub
  std::condition_variable changed_;
  std::vector<bool> left_;
  std::string failure_;  // who failed first and why; empty: nobody
  std::exception_ptr first_failure_;
};

/// The meeting place of the members of a communicator. Members are numbered from 0; `ranks` are
/// their ranks in the world. All functions but post() are called by the member's own thread.
class ThreadHub {
 public:
  /// What a member lends to the others from meet() with a post until the next meet().
  struct Post {
    const char* operation = "";
    std::int64_t n = 0;
    Element element = Element::float32;
    const std::byte* in = nullptr;
    std::byte* out = nullptr;
  };

  ThreadHub(ThreadWorld& world, Partition partition, std::vector<int> ranks);

  const Partition& partition() const { return partition_; }
  int rank_of(int member) const { return ranks_[static_cast<std::size_t>(member)]; }

  /// Waits for all members. Throws CommError naming rank and operation where one has failed, has
  /// left, or does not come before the deadline.
  void meet(int member, const char* operation);
  /// Shows `post`, meets, and throws CommError where members called different operations, sizes or
  /// types.
  void meet(int member, const Post& post);
  /// The post of any member, between two meetings.
  const Post& post(int member) const { return posts_[static_cast<std::size_t>(member)]; }

  /// The hub of a group of this one's workers: the same object for all its members.
  std::shared_ptr<ThreadHub> join_group(int member, WorkerRange group, const GroupPartition& part);

 private:
  bool someone_left() const;
  void check_same_call(int member) const;

  ThreadWorld& world_;
  const Partition partition_;
  const std::vector<int> ranks_;
  std::vector<Post> posts_;
  int arrived_ = 0;
  unsigned long meeting_ = 0;
  struct Forming {
    std::shared_ptr<ThreadHub> hub;
    int joined = 0;
  };
  std::map<std::pair<int, int>, Forming> forming_;  // by first worker and count
};

}  // namespace lockstep
