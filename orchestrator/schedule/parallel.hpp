// The same work for many things at once, where each one waits for the file system.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace lockstep {

/// More wait for the same disk.
inline constexpr std::size_t kMaxReaders = 8;

/// Calls `work(i)` for all i < count, by as many threads as there are cores, this one included. The
/// first exception stops the rest and is thrown here.
template <class Work>
void in_parallel(std::size_t count, Work work) {
  constexpr std::size_t kChunk = 64;
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  const auto loop = [&] {
    try {
      for (std::size_t from; (from = next.fetch_add(kChunk)) < count;) {
        for (std::size_t i = from; i < count && i < from + kChunk; ++i) work(i);
      }
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t wanted = std::min({cores, kMaxReaders, (count + kChunk - 1) / kChunk});
  {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < wanted; ++i) helpers.emplace_back(loop);
    loop();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace lockstep
