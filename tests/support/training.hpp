// Trains small problems in memory, on any number of processes, and hands back everything that can
// be compared.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "results/record/records.hpp"
#include "trainer/comm/communicator.hpp"
#include "trainer/engine/engine.hpp"

namespace lockstep::test {

using Given = std::map<std::string, Value>;

/// What is trained: parameters, and the registry that knows their rows.
struct TrainingCase {
  Given given;
  Registry registry = Registry::builtin();

  /// The case with some parameters replaced; a missing value takes one away.
  TrainingCase with(const Given& changes) const;
  TrainingCase without(const std::vector<std::string>& names) const;
  RunConfig config() const;  ///< throws where the case does not resolve
};

/// State of all workers and the records of rank 0.
struct Trained {
  at::Tensor parameters, momentum, buffers;  ///< (W, n), (W, n) or undefined, (W, b)
  std::string state_sha256;                  ///< of all of it, as a run's end record has it
  std::vector<Record> records;
  /// For every step: do all workers hold equal parameters after it?
  std::map<std::int64_t, bool> equal_after;

  at::Tensor mean() const;  ///< of the parameters, (n)
};

/// Calls `body` in every process with a communicator of `workers` workers: threads, or this process
/// of an MPI world. A process that hosts no worker returns at once.
using World = std::function<void(int workers, const std::function<void(Communicator&)>& body)>;
/// A world of `processes` threads.
World threads_world(int processes);

/// Trains to the end. With `stops`, stops after each of these steps, hands the state through a
/// checkpoint on disk and goes on with fresh objects.
Trained train(const TrainingCase& problem, const World& world,
              const std::vector<std::int64_t>& stops = {});

/// The same, where part i is trained by worlds[i mod size]: on another number of processes after
/// every stop. The first process is in all of them, and all are in the last part's.
Trained train_in_turn(const TrainingCase& problem, const std::vector<World>& worlds,
                      const std::vector<std::int64_t>& stops);

/// The steps after which a sync lies, and their kinds, expanded.
std::vector<SyncRecord> syncs_of(const Trained& trained);
std::vector<std::int64_t> sync_steps_of(const Trained& trained);

/// Largest difference of two tensors, relative to the largest number in them.
double difference(const at::Tensor& a, const at::Tensor& b);
bool same_bits(const at::Tensor& a, const at::Tensor& b);

/// Records without what a clock says, as text: for comparing two runs.
std::vector<std::string> timeless(const std::vector<Record>& records);

/// A small classification problem on the synthetic data set: float64 mlp, 4 workers x 4 samples, 24
/// steps, lr drop in the middle, no momentum.
TrainingCase small_case();
/// Least squares towards noisy targets: loss h/2 |x - target|^2 with the same h for all
/// (`common_hessian`), or 1/2 (a x - y)^2, where every batch has another Hessian. Rows from outside
/// the builtin tables.
TrainingCase quadratic_case(bool common_hessian);
/// A classification problem in which all samples are equal, so that all workers see equal batches.
TrainingCase equal_data_case();

}  // namespace lockstep::test
