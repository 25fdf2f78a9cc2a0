#include "orchestrator/cli/heap.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace lockstep {

namespace {
std::uintptr_t heap_end() { return reinterpret_cast<std::uintptr_t>(::sbrk(0)); }
}  // namespace

void use_huge_pages() {
#if defined(__GLIBC__) && defined(MADV_HUGEPAGE)
  constexpr int kHeapBytes = 256 << 20;
  constexpr int kLargestInHeap = 32 << 20;  // more is not granted
  constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;
  mallopt(M_TOP_PAD, kHeapBytes);
  mallopt(M_MMAP_THRESHOLD, kLargestInHeap);
  const std::uintptr_t before = heap_end();
  void* volatile some = std::malloc(kHugePage);  // the heap grows, by all of it
  std::free(some);
  const std::uintptr_t begin = (before + kHugePage - 1) / kHugePage * kHugePage;
  if (begin < heap_end())  // refused where the system has none: then with small pages
    ::madvise(reinterpret_cast<void*>(begin), heap_end() - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace lockstep
