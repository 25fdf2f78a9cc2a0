// The workers that a process hosts, as rows of flat matrices.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lockstep {

/// Row i is worker workers().first + i. All contiguous, of the run's precision.
struct WorkerRows {
  at::Tensor parameters;  ///< (workers, n)
  at::Tensor momentum;    ///< (workers, n); undefined where the optimizer has none
  at::Tensor buffers;     ///< (workers, b): BatchNorm statistics; b may be 0
  at::Tensor gradients;  ///< (workers, n) where gradients are exchanged, else (1, n), shared by all

  /// How much each gradient row counts in the mean over all workers; empty: all the same. Equal in
  /// all processes.
  std::vector<double> gradient_weights;

  std::int64_t parameter_bytes = 0;  ///< of one worker, padding not counted
  std::int64_t buffer_bytes = 0;     ///< of one worker, padding not counted
};

/// State that decides the next step, by name. Rows belong to workers and follow them to another
/// process; shared tensors are equal in all processes.
struct SavedState {
  std::map<std::string, at::Tensor> rows;
  std::map<std::string, at::Tensor> shared;
  std::map<std::string, std::int64_t> numbers;
};

}  // namespace lockstep
