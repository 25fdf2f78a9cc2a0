#include "trainer/comm/mean_of_rows.hpp"

#include <algorithm>
#include <array>
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

// How a sum becomes a mean. Where the total is a power of two both give the same bits, and with the
// product a mean of a few rows that lie in the cache takes a third less time.
template <class T>
struct Quotient {
  Wide<T> total;
  T operator()(Wide<T> sum) const { return static_cast<T>(sum / total); }
};
template <class T>
struct Product {
  Wide<T> factor;
  T operator()(Wide<T> sum) const { return static_cast<T>(sum * factor); }
};

// A fold says how a column begins with its first row, takes in the next one, and ends.

template <class T, class Scale>
struct Mean {
  using State = Wide<T>;
  Scale scale;
  State begin(T x, std::size_t) const { return static_cast<State>(x); }  // not 0 + x: -0 stays
  State next(State sum, T x, std::size_t) const { return sum + static_cast<State>(x); }
  T end(State sum) const { return scale(sum); }
};

template <class T, class Scale>
struct WeightedMean {
  using State = Wide<T>;
  Scale scale;
  const double* weights;
  State begin(T x, std::size_t row) const {
    return static_cast<State>(weights[row]) * static_cast<State>(x);
  }
  State next(State sum, T x, std::size_t row) const { return sum + begin(x, row); }
  T end(State sum) const { return scale(sum); }
};

template <class T>
struct Maximum {
  using State = T;
  T begin(T x, std::size_t) const { return x; }
  T next(T largest, T x, std::size_t) const {  // `|`: no branch
    return ((x <= largest) | (largest != largest)) ? largest : x;
  }
  T end(T largest) const { return largest; }
};

// Columns whose states stay in registers while the rows of a pass go by.
constexpr std::int64_t kBlock = 8;
// As many streams as the hardware fetches ahead by itself.
constexpr std::size_t kRowsPerPass = 8;
// Between two passes the states of a tile stay in the first-level cache.
constexpr std::int64_t kTileBytes = 16 * 1024;

// Folds rows tile by tile, a tile in passes of a few rows, a pass block by block. What varies
// between passes is a template argument: g++ 12 keeps the states in registers only then (twice as
// fast).
template <class T, class Fold>
class Folder {
 public:
  Folder(const Fold& fold, std::span<const T* const> rows, T* out, std::int64_t n)
      : fold_(fold), rows_(rows), out_(out), n_(n) {}

  void run() {
    for (std::int64_t begin = 0; begin < n_; begin += kTile) {
      const std::int64_t end = std::min(begin + kTile, n_);
      for (std::size_t first = 0; first < rows_.size(); first += kRowsPerPass) {
        const std::size_t last = std::min(first + kRowsPerPass, rows_.size());
        const bool begins = first == 0, ends = last == rows_.size();
        const auto one = begins ? (ends ? &Folder::pass<true, true> : &Folder::pass<true, false>)
                                : (ends ? &Folder::pass<false, true> : &Folder::pass<false, false>);
        (this->*one)(first, last, begin, end);
      }
    }
  }

 private:
  using State = typename Fold::State;
  static constexpr std::int64_t kTile = kTileBytes / static_cast<std::int64_t>(sizeof(State));

  // Rows [first, last) over the columns [begin, end).
  template <bool begins, bool ends>
  void pass(std::size_t first, std::size_t last, std::int64_t begin, std::int64_t end) {
    const bool many = rows_.size() > kRowsPerPass;
    std::int64_t at = begin;
    for (; at + kBlock <= end; at += kBlock) {
      if (many) prefetch(ends ? 0 : last, ends ? at + kTile : at);
      block<kBlock, begins, ends>(first, last, at, states_.data() + (at - begin));
    }
    for (; at < end; ++at) block<1, begins, ends>(first, last, at, states_.data() + (at - begin));
  }

  // What the next pass will read: many rows are more streams than the hardware follows. A factor of
  // 2 to 3 from 16 rows on. (Inlined: g++ 12 drops calls of a function that does nothing else.)
  [[gnu::always_inline]] void prefetch(std::size_t first, std::int64_t at) const {
    if (at >= n_) return;
    const std::size_t last = std::min(first + kRowsPerPass, rows_.size());
    for (std::size_t r = first; r < last; ++r) __builtin_prefetch(rows_[r] + at);
  }

  template <std::size_t columns, bool begins, bool ends>
  [[gnu::always_inline]] void block(std::size_t first, std::size_t last, std::int64_t at,
                                    State* states) {
    const Fold fold = fold_;
    const T* const top = rows_[first] + at;
    T* const out = out_ + at;
    std::array<State, columns> s;
    for (std::size_t i = 0; i < columns; ++i) {
      s[i] = begins ? fold.begin(top[i], first) : states[i];
    }
    for (std::size_t r = begins ? first + 1 : first; r < last; ++r) {
      const T* x = rows_[r] + at;
      for (std::size_t i = 0; i < columns; ++i) s[i] = fold.next(s[i], x[i], r);
    }
    for (std::size_t i = 0; i < columns; ++i) {
      if constexpr (ends) {
        out[i] = fold.end(s[i]);
      } else {
        states[i] = s[i];
      }
    }
  }

  const Fold fold_;
  const std::span<const T* const> rows_;
  T* const out_;
  const std::int64_t n_;
  alignas(64) std::array<State, static_cast<std::size_t>(kTile)> states_;
};

template <class T>
Wide<T> total_weight(std::size_t rows, std::span<const double> weights) {
  if (weights.empty()) return static_cast<Wide<T>>(rows);
  Wide<T> total = 0;
  for (const double weight : weights) total += static_cast<Wide<T>>(weight);
  return total;
}

// Whether dividing by it and multiplying by its inverse round the same number.
template <class Number>
bool has_exact_inverse(Number total) {
  int exponent = 0;
  return std::frexp(total, &exponent) == Number{0.5} && std::isfinite(1 / total);
}

template <class T, class Scale>
void scaled_mean(std::span<const T* const> rows, std::span<const double> weights, Scale scale,
                 T* out, std::int64_t n) {
  if (weights.empty()) {
    Folder<T, Mean<T, Scale>>({scale}, rows, out, n).run();
  } else {
    Folder<T, WeightedMean<T, Scale>>({scale, weights.data()}, rows, out, n).run();
  }
}

}  // namespace

template <class T>
void mean_of_rows(std::span<const T* const> rows, std::span<const double> weights, T* out,
                  std::int64_t n) {
  const Wide<T> total = total_weight<T>(rows.size(), weights);
  if (has_exact_inverse(total)) {
    scaled_mean<T>(rows, weights, Product<T>{1 / total}, out, n);
  } else {
    scaled_mean<T>(rows, weights, Quotient<T>{total}, out, n);
  }
}

template <class T>
void max_of_rows(std::span<const T* const> rows, T* out, std::int64_t n) {
  Folder<T, Maximum<T>>({}, rows, out, n).run();
}

template void mean_of_rows<float>(std::span<const float* const>, std::span<const double>, float*,
                                  std::int64_t);
template void mean_of_rows<double>(std::span<const double* const>, std::span<const double>, double*,
                                   std::int64_t);
template void max_of_rows<float>(std::span<const float* const>, float*, std::int64_t);
template void max_of_rows<double>(std::span<const double* const>, double*, std::int64_t);

}  // namespace lockstep
