#include "trainer/engine/keep_memory.hpp"

#include <ATen/ATen.h>
#include <sys/mman.h>

#include <cstdlib>
#include <limits>
#include <new>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace lockstep {

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kLargestOnHeap = 32 << 20;  // older glibc accepts no more
  constexpr int kGrowBy = 64 << 20;         // few system calls until the peak is reached
  mallopt(M_MMAP_THRESHOLD, kLargestOnHeap);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, kGrowBy);
#endif
}

void claim_blas_buffer() {
  constexpr std::size_t kBytes = std::size_t{256} << 20;  // twice what OpenBLAS 0.3 takes
  void* probe = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (probe == MAP_FAILED) throw std::bad_alloc();
  ::munmap(probe, kBytes);
  const at::Tensor matrix = at::zeros({128, 128});  // too large for the path without a buffer
  at::mm(matrix, matrix);
}

}  // namespace lockstep
