#include "trainer/comm/mean_of_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace lockstep {

namespace {

template <class T>
struct WideOf;
template <>
struct WideOf<float> {
  using type = double;
};
template <>
struct WideOf<double> {
  using type = long double;
};
template <class T>
using Wide = typename WideOf<T>::type;

// The sums of a tile stay in the first-level cache while all rows pass by once.
constexpr std::int64_t kTileBytes = 16 * 1024;
template <class T>
constexpr std::int64_t kTile = kTileBytes / static_cast<std::int64_t>(sizeof(Wide<T>));

// Four rows a pass, added one after the other: the bits of row by row, a quarter of the traffic to
// `sum`.
template <class T>
void sum_tile(std::span<const T* const> rows, std::int64_t at, Wide<T>* __restrict sum,
              std::int64_t n) {
  using W = Wide<T>;
  const T* first = rows[0] + at;  // not 0 + first: the mean of -0 is -0
  for (std::int64_t j = 0; j < n; ++j) sum[j] = static_cast<W>(first[j]);
  std::size_t r = 1;
  for (; r + 4 <= rows.size(); r += 4) {
    const T *a = rows[r] + at, *b = rows[r + 1] + at, *c = rows[r + 2] + at, *d = rows[r + 3] + at;
    for (std::int64_t j = 0; j < n; ++j) {
      sum[j] = (((sum[j] + static_cast<W>(a[j])) + static_cast<W>(b[j])) + static_cast<W>(c[j])) +
               static_cast<W>(d[j]);
    }
  }
  for (; r < rows.size(); ++r) {
    const T* a = rows[r] + at;
    for (std::int64_t j = 0; j < n; ++j) sum[j] += static_cast<W>(a[j]);
  }
}

template <class T>
void weighted_sum_tile(std::span<const T* const> rows, std::span<const double> weights,
                       std::int64_t at, Wide<T>* __restrict sum, std::int64_t n) {
  using W = Wide<T>;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const T* a = rows[r] + at;
    const W weight = static_cast<W>(weights[r]);
    if (r == 0) {
      for (std::int64_t j = 0; j < n; ++j) sum[j] = weight * static_cast<W>(a[j]);
    } else {
      for (std::int64_t j = 0; j < n; ++j) sum[j] += weight * static_cast<W>(a[j]);
    }
  }
}

// A division costs more than the rest of the loop; by a power of two it is exactly a
// multiplication.
template <class T>
void divide_tile(const Wide<T>* __restrict sum, Wide<T> total, T* __restrict out, std::int64_t n) {
  int exponent = 0;
  if (std::frexp(total, &exponent) == static_cast<Wide<T>>(0.5)) {
    const Wide<T> factor = 1 / total;
    for (std::int64_t j = 0; j < n; ++j) out[j] = static_cast<T>(sum[j] * factor);
  } else {
    for (std::int64_t j = 0; j < n; ++j) out[j] = static_cast<T>(sum[j] / total);
  }
}

template <class T>
Wide<T> total_weight(std::size_t rows, std::span<const double> weights) {
  if (weights.empty()) return static_cast<Wide<T>>(rows);
  Wide<T> total = 0;
  for (const double weight : weights) total += static_cast<Wide<T>>(weight);
  return total;
}

}  // namespace

template <class T>
void mean_of_rows(std::span<const T* const> rows, std::span<const double> weights, T* out,
                  std::int64_t n) {
  alignas(64) Wide<T> sum[kTile<T>];
  const Wide<T> total = total_weight<T>(rows.size(), weights);
  for (std::int64_t at = 0; at < n; at += kTile<T>) {
    const std::int64_t length = std::min(kTile<T>, n - at);
    if (weights.empty()) {
      sum_tile<T>(rows, at, sum, length);
    } else {
      weighted_sum_tile<T>(rows, weights, at, sum, length);
    }
    divide_tile<T>(sum, total, out + at, length);
  }
}

template <class T>
void max_of_rows(std::span<const T* const> rows, T* out, std::int64_t n) {
  alignas(64) T largest[kTile<T>];
  for (std::int64_t at = 0; at < n; at += kTile<T>) {
    const std::int64_t length = std::min(kTile<T>, n - at);
    std::copy_n(rows[0] + at, length, largest);
    for (const T* const row : rows.subspan(1)) {
      const T* a = row + at;
      for (std::int64_t j = 0; j < length; ++j) {
        largest[j] = (a[j] > largest[j] || a[j] != a[j]) ? a[j] : largest[j];
      }
    }
    std::copy_n(largest, length, out + at);
  }
}

template void mean_of_rows<float>(std::span<const float* const>, std::span<const double>, float*,
                                  std::int64_t);
template void mean_of_rows<double>(std::span<const double* const>, std::span<const double>, double*,
                                   std::int64_t);
template void max_of_rows<float>(std::span<const float* const>, float*, std::int64_t);
template void max_of_rows<double>(std::span<const double* const>, double*, std::int64_t);

}  // namespace lockstep
