#include "trainer/comm/rows.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "trainer/comm/mean_of_rows.hpp"

namespace lockstep {

namespace {

std::string shape_text(const at::Tensor& tensor) {
  if (!tensor.defined()) return "undefined";
  return fmt::format("{}({})", c10::toString(tensor.scalar_type()),
                     fmt::join(tensor.sizes(), ", "));
}

[[noreturn]] void refuse(const char* operation, const at::Tensor& tensor, const std::string& why) {
  throw std::invalid_argument(fmt::format("{}: {}: {}", operation, shape_text(tensor), why));
}

Element element_of(const at::Tensor& tensor, const char* operation) {
  if (!tensor.defined()) refuse(operation, tensor, "a tensor is needed");
  if (!tensor.device().is_cpu()) refuse(operation, tensor, "must be a CPU tensor");
  if (!tensor.is_contiguous()) refuse(operation, tensor, "must be contiguous");
  if (tensor.scalar_type() == at::kFloat) return Element::float32;
  if (tensor.scalar_type() == at::kDouble) return Element::float64;
  refuse(operation, tensor, "must be float32 or float64");
}

std::byte* bytes_in(const at::Tensor& tensor) { return static_cast<std::byte*>(tensor.data_ptr()); }

template <class T>
void apply_as(const Reduction& reduction, std::span<const std::byte* const> rows, std::byte* out,
              std::int64_t n) {
  std::vector<const T*> typed;
  typed.reserve(rows.size());
  for (const std::byte* row : rows) typed.push_back(reinterpret_cast<const T*>(row));
  if (reduction.kind == Reduction::Kind::mean) {
    mean_of_rows<T>(typed, reduction.weights, reinterpret_cast<T*>(out), n);
  } else {
    max_of_rows<T>(typed, reinterpret_cast<T*>(out), n);
  }
}

}  // namespace

std::int64_t bytes_of(Element element) { return element == Element::float32 ? 4 : 8; }

RowsView view_rows(const at::Tensor& rows, std::int64_t count, const char* operation) {
  const Element element = element_of(rows, operation);
  if (rows.dim() != 2 || rows.size(0) != count) {
    refuse(operation, rows, fmt::format("must have shape ({}, n), a row per hosted worker", count));
  }
  return {bytes_in(rows), count, rows.size(1), element};
}

RowsView view_row(const at::Tensor& row, const char* operation) {
  const Element element = element_of(row, operation);
  if (row.dim() != 1) refuse(operation, row, "must have shape (n)");
  return {bytes_in(row), 1, row.size(0), element};
}

RowsView view_output(const at::Tensor& out, std::int64_t count, bool flat, const RowsView& like,
                     const char* operation) {
  const RowsView view = flat ? view_row(out, operation) : view_rows(out, count, operation);
  if (view.n != like.n || view.element != like.element) {
    refuse(operation, out, fmt::format("output must have n = {} and the type of the rows", like.n));
  }
  return view;
}

Reduction Reduction::mean(std::span<const double> weights, int workers) {
  double sum = weights.empty() ? 1.0 : 0.0;
  for (const double weight : weights) sum += weight;
  if (!weights.empty() && weights.size() != static_cast<std::size_t>(workers)) {
    throw std::invalid_argument(
        fmt::format("mean: {} weights for {} workers", weights.size(), workers));
  }
  if (!std::isfinite(sum) || sum <= 0) {
    throw std::invalid_argument(fmt::format("mean: weights sum to {}, must be positive", sum));
  }
  return {Kind::mean, weights};
}

void Reduction::apply(Element element, std::span<const std::byte* const> rows, std::byte* out,
                      std::int64_t n) const {
  if (n == 0) return;
  if (element == Element::float32) {
    apply_as<float>(*this, rows, out, n);
  } else {
    apply_as<double>(*this, rows, out, n);
  }
}

void check_peers(std::span<const int> peers, int workers) {
  bool valid = peers.size() == static_cast<std::size_t>(workers);
  for (const int peer : peers) valid = valid && peer >= 0 && peer < workers;
  if (!valid) {
    throw std::invalid_argument(fmt::format(
        "exchange: peers must name a worker in [0, {0}) for each of {0} workers; got [{1}]",
        workers, fmt::join(peers, ", ")));
  }
}

void check_root(int root_worker, int workers) {
  if (root_worker < 0 || root_worker >= workers) {
    throw std::invalid_argument(
        fmt::format("broadcast: no worker {} among {} workers", root_worker, workers));
  }
}

}  // namespace lockstep
