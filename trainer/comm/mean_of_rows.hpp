// The one arithmetic of every CPU mean and maximum over workers. Pure: no torch, no threads, no
// allocation. Not here: who holds which row, and how it got there (the communicators).
#pragma once

#include <cstdint>
#include <span>

namespace lockstep {

/// out[j] := sum over r of weights[r] x rows[r][j], divided by the sum of weights, j in [0, n).
/// Accumulates float in double and double in long double, in the order of `rows`, and rounds once
/// to T: equal inputs give themselves, and the bits depend on the order of the rows alone.
/// Empty `weights` is the plain mean, with the same bits as weights of 1. `rows`
/// must not be empty; `out` may be one of the rows, no other overlap is allowed.
template <class T>
void mean_of_rows(std::span<const T* const> rows, std::span<const double> weights, T* out,
                  std::int64_t n);

/// out[j] := the largest rows[r][j]; NaN where any row has one; of equal values (-0, +0) the first
/// row's. Overlap as above.
template <class T>
void max_of_rows(std::span<const T* const> rows, T* out, std::int64_t n);

}  // namespace lockstep
