// Accuracy of the averaged model. Samples are shared out by worker and summed in worker order, so
// the result does not depend on the number of processes. Nothing that training will use is touched.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "sweeps/run/run_config.hpp"
#include "trainer/comm/communicator.hpp"
#include "trainer/data/dataset.hpp"
#include "trainer/nn/model.hpp"
#include "trainer/sync/worker_rows.hpp"

namespace lockstep {

struct Score {
  double loss = 0;      ///< mean
  double accuracy = 0;  ///< share of correct answers
  std::int64_t samples = 0;
};

/// One row of parameters (n) and one of buffers (b): the model that all workers stand for.
struct AveragedModel {
  at::Tensor parameters;
  at::Tensor buffers;
};

class Evaluation {
 public:
  /// `train_indices`: what recalibration of BatchNorm may draw from. All arguments must outlive it.
  /// `alive` is called after every batch.
  Evaluation(const Model& model, const Dataset& dataset,
             const std::vector<std::int64_t>& train_indices, const RunConfig& config,
             Communicator& comm, std::function<void()> alive);

  /// The mean of the workers' parameters, as a copy, with BatchNorm statistics by the run's policy.
  /// Collective.
  AveragedModel averaged_model(const WorkerRows& rows) const;

  /// Scores `model` on the samples `indices` of `samples`. Collective.
  Score score(const AveragedModel& model, const Samples& samples,
              std::span<const std::int64_t> indices) const;

 private:
  void recalibrate(AveragedModel& model) const;

  const Model& model_;
  const Dataset& dataset_;
  const std::vector<std::int64_t>& train_indices_;
  const RunConfig& config_;
  Communicator& comm_;
  std::function<void()> alive_;
};

}  // namespace lockstep
