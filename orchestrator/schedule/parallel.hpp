// The same work for many things at once, where each one waits for the file system.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace lockstep {

/// More wait for the same disk.
inline constexpr std::size_t kMaxReaders = 8;

/// Calls `work(i)` for all i < count, by as many threads as there are cores, this one included; a
/// thread takes `chunk` (at least 1) of them at a time. Where no more threads can be had, fewer do
/// it. The first exception stops the rest and is thrown here.
template <class Work>
void in_parallel(std::size_t count, std::size_t chunk, Work work) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  const auto loop = [&] {
    try {
      for (std::size_t from; (from = next.fetch_add(chunk)) < count;) {
        for (std::size_t i = from; i < count && i < from + chunk; ++i) work(i);
      }
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t wanted = std::min({cores, kMaxReaders, (count + chunk - 1) / chunk});
  {
    std::vector<std::jthread> helpers;
    try {
      while (helpers.size() + 1 < wanted) helpers.emplace_back(loop);
    } catch (const std::system_error&) {  // then this thread does their share
    }
    loop();
  }
  if (failure) std::rethrow_exception(failure);
}

template <class Work>
void in_parallel(std::size_t count, Work work) {
  in_parallel(count, 64, std::move(work));
}

}  // namespace lockstep
