#include "trainer/comm/thread_hub.hpp"

#include <fmt/format.h>

namespace lockstep {

namespace {
std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "unknown exception";
  }
}
}  // namespace

void ThreadWorld::leave(int rank, std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  left_[static_cast<std::size_t>(rank)] = true;
  if (error && !first_failure_) {
    first_failure_ = error;
    failure_ = fmt::format("rank {} has failed: {}", rank, text_of(error));
  }
  changed_.notify_all();
}

void ThreadWorld::rethrow_first_failure() {
  if (first_failure_) std::rethrow_exception(first_failure_);
}

ThreadHub::ThreadHub(ThreadWorld& world, Partition partition, std::vector<int> ranks)
    : world_(world),
      partition_(std::move(partition)),
      ranks_(std::move(ranks)),
      posts_(ranks_.size()) {}

bool ThreadHub::someone_left() const {
  for (const int rank : ranks_) {
    if (world_.left_[static_cast<std::size_t>(rank)]) return true;
  }
  return false;
}

void ThreadHub::meet(int member, const char* operation) {
  std::unique_lock lock(world_.mutex_);
  const auto meeting = meeting_;
  if (++arrived_ == static_cast<int>(ranks_.size())) {
    arrived_ = 0;
    ++meeting_;
    world_.changed_.notify_all();
    return;
  }
  const bool over = world_.changed_.wait_for(lock, world_.deadline_, [&] {
    return meeting_ != meeting || !world_.failure_.empty() || someone_left();
  });
  if (meeting_ != meeting) return;
  const std::string why =
      !over ? fmt::format("the others did not come within {} ms", world_.deadline_.count())
      : !world_.failure_.empty()
          ? world_.failure_
          : "another rank has returned without it: all ranks must call the same operations";
  throw CommError(fmt::format("rank {}: {}: {}", rank_of(member), operation, why));
}

void ThreadHub::meet(int member, const Post& post) {
  {
    const std::lock_guard lock(world_.mutex_);
    posts_[static_cast<std::size_t>(member)] = post;
  }
  meet(member, post.operation);
  check_same_call(member);
}

void ThreadHub::check_same_call(int member) const {
  const Post& mine = post(member);
  for (int other = 0; other < partition_.processes(); ++other) {
    const Post& theirs = post(other);
    if (std::string_view(theirs.operation) == mine.operation && theirs.n == mine.n &&
        theirs.element == mine.element) {
      continue;
    }
    throw CommError(fmt::format(
        "rank {}: {} of n = {} ({} bytes each), but rank {}: {} of n = {} ({} bytes each)",
        rank_of(member), mine.operation, mine.n, bytes_of(mine.element), rank_of(other),
        theirs.operation, theirs.n, bytes_of(theirs.element)));
  }
}

std::shared_ptr<ThreadHub> ThreadHub::join_group(int member, WorkerRange group,
                                                 const GroupPartition& part) {
  std::shared_ptr<ThreadHub> hub;
  {
    const std::lock_guard lock(world_.mutex_);
    const auto key = std::pair(group.first, group.count);
    Forming& forming = forming_[key];
    if (!forming.hub) {
      std::vector<int> ranks;
      for (const int parent_member : part.members) ranks.push_back(rank_of(parent_member));
      forming.hub = std::make_shared<ThreadHub>(world_, part.partition, std::move(ranks));
    }
    hub = forming.hub;
    if (++forming.joined == static_cast<int>(part.members.size())) forming_.erase(key);
  }
  // Nobody goes on before all have joined, so a second group of the same workers is another hub.
  for (std::size_t i = 0; i < part.members.size(); ++i) {
    if (part.members[i] == member) hub->meet(static_cast<int>(i), "group");
  }
  return hub;
}

}  // namespace lockstep
