// The allocator's habits. A training step asks for the same megabytes of activations as the one
// before; by default glibc hands them back to the kernel in between, which then clears every page
// anew: about a quarter of the processor time of a small ResNet.
#pragma once

namespace lockstep {

/// Lets this process keep freed memory up to 2 GiB. Once, before the first tensor; for glibc, and
/// nothing elsewhere.
void keep_freed_memory();

/// Lets OpenBLAS take the buffer that it keeps for the life of the process. Where it cannot have
/// it, OpenBLAS asks again and again for ever; this throws std::bad_alloc instead. Called before
/// the first step.
void claim_blas_buffer();

}  // namespace lockstep
