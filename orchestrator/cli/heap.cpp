#include "orchestrator/cli/heap.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace lockstep {

namespace {
constexpr int kHeapBytes = 256 << 20;
constexpr int kLargestInHeap = 32 << 20;  // older glibc accepts no more
constexpr int kGrowth = 1 << 20;          // beyond that
constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;

std::uintptr_t heap_end() { return reinterpret_cast<std::uintptr_t>(::sbrk(0)); }

/// Address space that is rationed is left to those who need it.
bool is_limited(int resource) {
  rlimit limit{};
  return ::getrlimit(resource, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY;
}
}  // namespace

void use_huge_pages() {
#if defined(__GLIBC__) && defined(MADV_HUGEPAGE)
  if (is_limited(RLIMIT_AS) || is_limited(RLIMIT_DATA)) return;
  const std::uintptr_t before = heap_end();
  mallopt(M_MMAP_THRESHOLD, kLargestInHeap);
  mallopt(M_TRIM_THRESHOLD, kHeapBytes + kLargestInHeap);  // it stays
  mallopt(M_TOP_PAD, kHeapBytes);
  void* volatile some = std::malloc(kHugePage);  // the heap grows, by all of it or not at all
  mallopt(M_TOP_PAD, kGrowth);
  std::free(some);
  const std::uintptr_t begin = (before + kHugePage - 1) / kHugePage * kHugePage;
  if (begin < heap_end())
    ::madvise(reinterpret_cast<void*>(begin), heap_end() - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace lockstep
