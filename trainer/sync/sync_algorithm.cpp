#include "trainer/sync/sync_algorithm.hpp"

#include <ATen/ATen.h>

#include <algorithm>

namespace lockstep {

BufferPolicy momentum_policy(const RunConfig& config) {
  if (!config.has("momentum_buffers")) return BufferPolicy::maintain;
  const std::string& name = config.text("momentum_buffers");
  return name == "reset"     ? BufferPolicy::reset
         : name == "average" ? BufferPolicy::average
                             : BufferPolicy::maintain;
}

StatisticsPolicy statistics_policy(const RunConfig& config) {
  if (!config.has("bn_statistics")) return StatisticsPolicy::local;
  const std::string& name = config.text("bn_statistics");
  return name == "rank0"         ? StatisticsPolicy::rank0
         : name == "average"     ? StatisticsPolicy::average
         : name == "recalibrate" ? StatisticsPolicy::recalibrate
                                 : StatisticsPolicy::local;
}

SyncAlgorithm::SyncAlgorithm(const AlgorithmRow& row, std::unique_ptr<Outer> outer,
                             const RunConfig& config, const Course& course, Communicator& comm,
                             std::function<void(const SyncEntry&)> on_sync)
    : cadence_(make_cadence(row, config, course)),
      exchange_(row.parts.exchange),
      outer_(std::move(outer)),
      momentum_(momentum_policy(config)),
      statistics_(statistics_policy(config)),
      total_steps_(course.total_steps),
      delay_(config.has("sync_delay") ? config.integer("sync_delay") : 0),
      comm_(comm),
      on_sync_(std::move(on_sync)) {}

bool SyncAlgorithm::uses_gradients() const { return exchange_ != ExchangePart::parameter; }

bool SyncAlgorithm::averages_gradients(std::int64_t step) const {
  return uses_gradients() && cadence_->every_step(step);
}

std::int64_t SyncAlgorithm::next_event(std::int64_t after) const {
  std::int64_t next = std::min(cadence_->next_sync(after), total_steps_);
  if (flight_) next = std::min(next, flight_->due);
  return next;
}

void SyncAlgorithm::start(const WorkerRows& rows) {
  const auto type = rows.parameters.scalar_type();
  if (!lands_in_row(delay_) || momentum_ == BufferPolicy::average)
    mean_ = comm_.zeros(1, rows.parameters.size(1), type)[0];
  if (rows.buffers.size(1) > 0) statistics_mean_ = comm_.zeros(1, rows.buffers.size(1), type)[0];
  outer_->start(rows);
}

void SyncAlgorithm::log(std::int64_t step, const char* what, std::int64_t bytes, std::int64_t delay,
                        const WorkerRows& rows, bool with_momentum) {
  SyncEntry entry{step, what, bytes, delay};
  if (with_momentum && momentum_ == BufferPolicy::average) {
    entry.kind += "+momentum";
    entry.payload_bytes += rows.parameter_bytes;
  }
  const bool sends_statistics =
      statistics_ == StatisticsPolicy::rank0 || statistics_ == StatisticsPolicy::average;
  if (sends_statistics && rows.buffer_bytes > 0) {
    entry.kind += "+buffers";
    entry.payload_bytes += rows.buffer_bytes;
  }
  on_sync_(entry);
}

at::Tensor SyncAlgorithm::mean_gradient(std::int64_t step, WorkerRows& rows) {
  at::Tensor mean = rows.gradients[0];
  comm_.mean(rows.gradients, mean, rows.gradient_weights).wait();
  treat_statistics(rows);
  // Equal gradients keep equal workers equal; workers that had drifted apart stay apart.
  if (agreed_step_ == step - 1) agreed_step_ = step;
  log(step, "gradient", rows.parameter_bytes, 0, rows, false);
  return mean;
}

void SyncAlgorithm::after_step(std::int64_t step, WorkerRows& rows, double lr) {
  if (flight_ && (flight_->due == step || step == total_steps_)) complete(step, rows, lr);
  const bool due = cadence_->next_sync(step - 1) == step && !averages_gradients(step);
  if (due && step < total_steps_) launch(step, delay_, rows);
  // Training ends with a full sync, and no one waits for an average after the end.
  if (step == total_steps_ && !agreed(step)) launch(step, 0, rows);
  if (flight_ && flight_->due == step) complete(step, rows, lr);
  // A local phase begins here: what its outer part remembers begins with it, not at step 0.
  if (averages_gradients(step) && !averages_gradients(step + 1)) outer_->start(rows);
}

bool SyncAlgorithm::lands_in_row(std::int64_t delay) const {
  return delay == 0 && outer_->takes_mean_over();
}

void SyncAlgorithm::launch(std::int64_t step, std::int64_t delay, WorkerRows& rows) {
  flight_ = Flight{step, std::min(step + delay, total_steps_)};
  outer_->launched(rows);
  arriving_ = lands_in_row(delay) ? rows.parameters[0] : mean_;
  pending_ = comm_.mean(rows.parameters, arriving_, {});
}

void SyncAlgorithm::complete(std::int64_t step, WorkerRows& rows, double lr) {
  pending_.wait();
  outer_->apply(rows, arriving_, lr);
  if (flight_->launched == step) agreed_step_ = step;
  treat_momentum(rows);
  treat_statistics(rows);
  // Logged when all of it has been sent, so that its record has the bytes and seconds of all.
  log(flight_->launched, "parameter", rows.parameter_bytes, step - flight_->launched, rows, true);
  flight_.reset();
}

void SyncAlgorithm::treat_momentum(WorkerRows& rows) {
  if (!rows.momentum.defined() || momentum_ == BufferPolicy::maintain) return;
  if (momentum_ == BufferPolicy::reset) {
    rows.momentum.zero_();
    return;
  }
  comm_.mean(rows.momentum, mean_, {}).wait();
  rows.momentum.copy_(mean_.expand_as(rows.momentum));
}

void SyncAlgorithm::treat_statistics(WorkerRows& rows) {
  if (rows.buffers.size(1) == 0) return;
  if (statistics_ == StatisticsPolicy::average) {
    comm_.mean(rows.buffers, statistics_mean_, {}).wait();
  } else if (statistics_ == StatisticsPolicy::rank0) {
    statistics_mean_.copy_(rows.buffers[0]);
    comm_.broadcast(statistics_mean_, 0).wait();
  } else {
    return;
  }
  rows.buffers.copy_(statistics_mean_.expand_as(rows.buffers));
}

void SyncAlgorithm::save(SavedState& state) {
  pending_.wait();
  outer_->save(state);
  state.numbers["sync.agreed_step"] = agreed_step_;
  state.numbers["sync.launched"] = flight_ ? flight_->launched : 0;
  state.numbers["sync.due"] = flight_ ? flight_->due : 0;
  if (flight_) state.shared["sync.mean"] = mean_;
}

void SyncAlgorithm::load(const SavedState& state) {
  outer_->load(state);
  agreed_step_ = state.numbers.at("sync.agreed_step");
  flight_.reset();
  if (const std::int64_t launched = state.numbers.at("sync.launched"); launched > 0) {
    flight_ = Flight{launched, state.numbers.at("sync.due")};
    mean_.copy_(state.shared.at("sync.mean"));
    arriving_ = mean_;
  }
}

}  // namespace lockstep
