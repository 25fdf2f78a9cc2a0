// Training as a loop over events. Between two events the hosted workers take local steps; the
// events after a step are, in this order: exchanges that complete or begin, a report, an
// evaluation, a checkpoint. "H steps, then a collective" is the case in which an exchange completes
// at once. The engine knows no file: what it has to say goes to its listener.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "results/clock/clock.hpp"
#include "results/record/records.hpp"
#include "results/record/retention.hpp"
#include "results/record/sync_log.hpp"
#include "trainer/comm/metered.hpp"
#include "trainer/engine/evaluation.hpp"
#include "trainer/engine/local_steps.hpp"
#include "trainer/engine/registry.hpp"
#include "trainer/sync/sync_algorithm.hpp"

namespace lockstep {

/// State of the whole training in one process, enough to go on bit for bit.
struct TrainingState {
  std::int64_t step = 0;
  std::int64_t last_sync = 0;  ///< step of the newest sync, 0 before the first
  double train_s = 0;          ///< productive seconds of this attempt so far
  WorkerRange workers;         ///< whose rows `saved.rows` are
  SavedState saved;
  std::optional<Validation> validation = std::nullopt;  ///< the newest evaluation
};

struct EngineListener {
  std::function<void(const Record&)> record;  ///< called in rank 0 only
  /// Saves a checkpoint; called in every process at the same step. Returns whether it was written,
  /// the same everywhere.
  std::function<bool(const TrainingState&)> checkpoint;
  std::function<bool()> stop_requested;  ///< asked at reports; any process may say yes
  std::function<void()> alive;  ///< often, in every process: training or evaluation goes on
  std::function<void(std::int64_t step)> progress;  ///< called in every process at every event
};

struct EngineOptions {
  double checkpoint_every_s = 0;  ///< 0: only when stopping
  std::int64_t stop_at_step = 0;  ///< checkpoint and stop after this step; 0: never
  std::int64_t syncs_per_record = 16;
  const TensorFile* start = nullptr;  ///< the model to begin with; none: that of the seed
};

/// How training ended. `checkpointed`: stopped on request, state saved.
struct TrainingEnd {
  EndReason reason = EndReason::done;
  std::string detail;
  std::int64_t step = 0;
  double train_s = 0, eval_s = 0, checkpoint_s = 0;
};

class Engine {
 public:
  /// All processes of `comm` construct and call it alike. Arguments must outlive it.
  Engine(const Registry& registry, const RunConfig& config, const Dataset& dataset,
         MeteredCommunicator& comm, EngineListener listener, EngineOptions options);
  ~Engine();

  /// Goes on from `state` instead of from the start. Its rows are those of the workers hosted here.
  void load(const TrainingState& state);
  /// Everything that decides the next step. Collective: waits for an exchange under way.
  TrainingState state();

  /// Trains to the end, to divergence or to a stop.
  TrainingEnd run();

  const WorkerRows& rows() { return steps_.rows(); }
  /// The model that all workers stand for, as evaluated. Collective.
  AveragedModel averaged_model() { return evaluation_.averaged_model(steps_.rows()); }
  const Model& model() const { return *model_; }
  const Course& course() const { return course_; }

 private:
  struct Report;

  std::int64_t next_event() const;
  std::int64_t next_evaluation(std::int64_t after) const;
  void take_steps(std::int64_t last);
  void take_gradient_step();
  Report report();
  void evaluate();
  void evaluate_on(const char* split, const Samples& samples, std::span<const std::int64_t> indices,
                   const AveragedModel& model, double trained_s);
  bool save_checkpoint();
  void on_sync(const SyncEntry& entry);
  void flush_syncs();
  void emit(const Record& record);
  void alive() const;
  double epoch_of(std::int64_t step) const;
  double train_s() const;

  const Registry& registry_;
  const RunConfig& config_;
  const Dataset& dataset_;
  MeteredCommunicator& comm_;
  EngineListener listener_;
  EngineOptions options_;
  Course course_;
  Split split_;
  std::unique_ptr<Model> model_;
  SyncAlgorithm sync_;
  LocalSteps steps_;
  Evaluation evaluation_;
  SyncLog sync_log_;
  std::int64_t report_every_;
  std::int64_t step_ = 0;
  std::int64_t last_sync_ = 0;
  std::optional<Validation> validation_;
  double start_s_ = 0, last_checkpoint_s_ = 0;
  double eval_s_ = 0, checkpoint_s_ = 0;
  double report_s_ = 0;  ///< reports, and writing what is said: no part of training
  StepSeconds logged_;   ///< step seconds already in a sync record
  Meter metered_;        ///< communication that no later sync record may count
};

}  // namespace lockstep
