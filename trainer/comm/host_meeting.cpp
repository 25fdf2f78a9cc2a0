#include "trainer/comm/host_meeting.hpp"

#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <climits>

namespace lockstep {

namespace {
// Some 30 us: longer than two processes that run need to meet, shorter than a turn of one that
// waits for a core.
constexpr int kSpins = 2000;
// Then a process sleeps, and leaves the core to whom it waits for. It looks around this often.
constexpr timespec kNap{.tv_sec = 0, .tv_nsec = 1'000'000};

using Word = std::atomic<std::uint32_t>;
static_assert(Word::is_always_lock_free && sizeof(Word) == 4);  // shared by processes, and a futex

void sleep_while(Word& word, std::uint32_t value) {
  ::syscall(SYS_futex, &word, FUTEX_WAIT, value, &kNap, nullptr, 0);
}

void wake_all(Word& word) { ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

inline void pause_core() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

std::string text_of(const HostMeeting::Post& post) {
  return fmt::format("{} of n = {} ({} bytes each)",
                     post.operation == Reduction::Kind::mean ? "mean" : "max", post.n,
                     bytes_of(post.element));
}
}  // namespace

// Each word in a cache line of its own: those who wait read `meeting` only.
struct HostMeeting::Board {
  alignas(64) Word arrived;
  alignas(64) Word meeting;
  alignas(64) Word sleepers;
};

std::int64_t HostMeeting::bytes_for(int processes) {
  return static_cast<std::int64_t>(sizeof(Board) +
                                   static_cast<std::size_t>(processes) * sizeof(Post));
}

HostMeeting::HostMeeting(std::byte* board, int processes, int me,
                         std::function<void()> while_waiting)
    : board_(reinterpret_cast<Board*>(board)),
      posts_(reinterpret_cast<Post*>(board + sizeof(Board))),
      processes_(processes),
      me_(me),
      while_waiting_(std::move(while_waiting)) {}

void HostMeeting::meet() {
  const std::uint32_t meeting = board_->meeting.load(std::memory_order_acquire);
  if (board_->arrived.fetch_add(1, std::memory_order_acq_rel) + 1 ==
      static_cast<std::uint32_t>(processes_)) {
    board_->arrived.store(0, std::memory_order_relaxed);
    board_->meeting.store(meeting + 1);  // in one order with `sleepers`: none sleeps unseen
    if (board_->sleepers.load() > 0) wake_all(board_->meeting);
    return;
  }
  const auto over = [&] { return board_->meeting.load(std::memory_order_acquire) != meeting; };
  for (int spin = 0; spin < kSpins; ++spin) {
    if (over()) return;
    pause_core();
  }
  while (!over()) {
    while_waiting_();
    board_->sleepers.fetch_add(1);
    sleep_while(board_->meeting, meeting);
    board_->sleepers.fetch_sub(1);
  }
}

void HostMeeting::meet(const Post& mine) {
  posts_[me_] = mine;
  meet();
  for (int other = 0; other < processes_; ++other) {
    const Post& theirs = post(other);
    if (theirs.operation == mine.operation && theirs.n == mine.n && theirs.element == mine.element)
      continue;
    throw CommError(fmt::format("process {}: {}, but process {}: {}; all must call the same", me_,
                                text_of(mine), other, text_of(theirs)));
  }
}

const HostMeeting::Post& HostMeeting::post(int process) const { return posts_[process]; }

}  // namespace lockstep
