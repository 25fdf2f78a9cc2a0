// An algorithm: cadence x exchange x codec x outer, called by the engine between local steps. It
// holds the exchange that is under way and the policies for momentum buffers and BatchNorm
// statistics.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "trainer/comm/communicator.hpp"
#include "trainer/sync/cadence.hpp"
#include "trainer/sync/outer.hpp"

namespace lockstep {

/// One sync, for the log: bytes are those of one worker's contribution.
struct SyncEntry {
  std::int64_t step = 0;
  std::string kind;  ///< gradient or parameter, "+momentum", "+buffers"
  std::int64_t payload_bytes = 0;
  std::int64_t delay = 0;
};

enum class BufferPolicy { maintain, reset, average };                ///< of momentum, at a sync
enum class StatisticsPolicy { local, rank0, average, recalibrate };  ///< of BatchNorm

/// Policies of a run; `maintain` and `local` where it has no such parameter.
BufferPolicy momentum_policy(const RunConfig& config);
StatisticsPolicy statistics_policy(const RunConfig& config);

class SyncAlgorithm {
 public:
  /// `comm` must outlive it. `on_sync` hears of every sync once all of it is sent, in every
  /// process.
  SyncAlgorithm(const AlgorithmRow& row, std::unique_ptr<Outer> outer, const RunConfig& config,
                const Course& course, Communicator& comm,
                std::function<void(const SyncEntry&)> on_sync);

  /// Whether any step exchanges gradients: then WorkerRows::gradients needs a row per worker.
  bool uses_gradients() const;
  /// Whether the gradients of step `step` are averaged before the update.
  bool averages_gradients(std::int64_t step) const;
  /// The first step > `after` after which an exchange begins or completes; at most T, where
  /// training ends.
  std::int64_t next_event(std::int64_t after) const;

  /// Before the first step. Collective.
  void start(const WorkerRows& rows);
  /// The mean gradient (n) over all workers of step `step`, in the first row of rows.gradients.
  /// Collective.
  at::Tensor mean_gradient(std::int64_t step, WorkerRows& rows);
  /// After local step `step`, taken with rate `lr`: completes and begins what is due. At T nothing
  /// stays under way and all workers agree. Collective.
  void after_step(std::int64_t step, WorkerRows& rows, double lr);

  /// Whether all workers hold equal parameters after step `step`.
  bool agreed(std::int64_t step) const { return agreed_step_ == step; }

  /// Waits for what is under way, so that its mean can be saved.
  void save(SavedState& state);
  void load(const SavedState& state);

 private:
  /// An average under way: launched after step `launched`, arriving after step `due`.
  struct Flight {
    std::int64_t launched = 0;
    std::int64_t due = 0;
  };

  /// Whether the average of an exchange with that delay may be put into the first row at once.
  bool lands_in_row(std::int64_t delay) const;
  void launch(std::int64_t step, std::int64_t delay, WorkerRows& rows);
  void complete(std::int64_t step, WorkerRows& rows, double lr);
  void treat_momentum(WorkerRows& rows);
  void treat_statistics(WorkerRows& rows);
  void log(std::int64_t step, const char* what, std::int64_t bytes, std::int64_t delay,
           const WorkerRows& rows, bool with_momentum);

  std::unique_ptr<Cadence> cadence_;
  ExchangePart exchange_;
  std::unique_ptr<Outer> outer_;
  BufferPolicy momentum_;
  StatisticsPolicy statistics_;
  std::int64_t total_steps_, delay_;
  Communicator& comm_;
  std::function<void(const SyncEntry&)> on_sync_;
  at::Tensor mean_;             ///< (n) an average that must not lie in the rows; undefined: none
  at::Tensor arriving_;         ///< (n) where the average under way is put: mean_, or the first row
  at::Tensor statistics_mean_;  ///< (b)
  Pending pending_;
  std::optional<Flight> flight_;
  std::int64_t agreed_step_ = 0;
};

}  // namespace lockstep
