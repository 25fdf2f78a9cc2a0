// Tensors as checked, untyped rows: the communicators move bytes, only a reduction knows the type.
// For the .cpp files of this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "trainer/comm/communicator.hpp"

namespace lockstep {

enum class Element { float32, float64 };
std::int64_t bytes_of(Element element);

/// `count` rows of n elements, one after the other. Borrows the tensor's memory.
struct RowsView {
  std::byte* data = nullptr;
  std::int64_t count = 0;
  std::int64_t n = 0;
  Element element = Element::float32;

  std::int64_t row_bytes() const { return n * bytes_of(element); }
  std::byte* row(std::int64_t i) const { return data + i * row_bytes(); }
};

/// These throw std::invalid_argument naming `operation` and the shape, unless the tensor is a
/// contiguous CPU tensor of float32 or float64 and has the shape that the communicator asks for.
RowsView view_rows(const at::Tensor& rows, std::int64_t count, const char* operation);
/// One row: (n).
RowsView view_row(const at::Tensor& row, const char* operation);
/// An output of `count` rows (a plain row where `flat`) with n and type of `like`.
RowsView view_output(const at::Tensor& out, std::int64_t count, bool flat, const RowsView& like,
                     const char* operation);

/// How the rows of all workers become one. `weights` is empty or one per worker.
struct Reduction {
  enum class Kind { mean, max };
  Kind kind = Kind::max;
  std::span<const double> weights;

  static Reduction max() { return {}; }
  /// Throws std::invalid_argument unless `weights` is empty, or has `workers` finite entries with a
  /// positive sum.
  static Reduction mean(std::span<const double> weights, int workers);
  const char* name() const { return kind == Kind::mean ? "mean" : "max"; }

  /// Reduces n elements of `rows` (pointers in worker order) into `out`.
  void apply(Element element, std::span<const std::byte* const> rows, std::byte* out,
             std::int64_t n) const;
};

/// Throws std::invalid_argument unless `peers` has one entry in [0, workers) per worker.
void check_peers(std::span<const int> peers, int workers);
/// Throws std::invalid_argument unless `root_worker` is one of [0, workers).
void check_root(int root_worker, int workers);

}  // namespace lockstep
