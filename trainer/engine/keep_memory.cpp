#include "trainer/engine/keep_memory.hpp"

#include <cstdlib>
#include <limits>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace lockstep {

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kLargestOnHeap = 32 << 20;  // the most that glibc accepts on 64 bits
  constexpr int kGrowBy = 64 << 20;         // few system calls until the peak is reached
  mallopt(M_MMAP_THRESHOLD, kLargestOnHeap);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, kGrowBy);
#endif
}

}  // namespace lockstep
