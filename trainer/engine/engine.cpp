#include "trainer/engine/engine.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lockstep {

namespace {
/// About 200 points make a loss curve; 50 steps bound how long a request to stop may wait.
std::int64_t report_interval(const Course& course) {
  return std::clamp<std::int64_t>(course.total_steps / 200, 1, 50);
}

/// What is said while it lives (reports, evaluations, checkpoints) stays out of the sync records.
class Unmetered {
 public:
  Unmetered(const MeteredCommunicator& comm, Meter& metered)
      : comm_(comm), metered_(metered), before_(comm.snapshot()) {}
  ~Unmetered() { metered_ = metered_ + (comm_.snapshot() - before_); }
  Unmetered(const Unmetered&) = delete;
  Unmetered& operator=(const Unmetered&) = delete;

 private:
  const MeteredCommunicator& comm_;
  Meter& metered_;
  Meter before_;
};

std::vector<std::int64_t> all_indices(const Samples& samples) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(samples.size()));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}
}  // namespace

/// What all processes know after a report.
struct Engine::Report {
  double loss = 0;
  bool stop = false;
  bool checkpoint_due = false;
};

Engine::Engine(const Registry& registry, const RunConfig& config, const Dataset& dataset,
               MeteredCommunicator& comm, EngineListener listener, EngineOptions options)
    : registry_(registry),
      config_(config),
      dataset_(dataset),
      comm_(comm),
      listener_(std::move(listener)),
      options_(options),
      course_(course_of(registry.tables, config)),
      split_(stratified_split(dataset.train.labels,
                              registry.tables.dataset(config.text("dataset"))->classes, course_,
                              config.integer("seed"))),
      model_(registry.make_model(config)),
      sync_(*registry.tables.algorithm(config.text("algorithm")), registry.make_outer(config),
            config, course_, comm, [this](const SyncEntry& entry) { on_sync(entry); }),
      steps_(*model_, dataset,
             Sampler(split_.train, course_, config.integer("seed"), config.integer("workers"),
                     config.integer("batch_per_worker")),
             config, course_, comm, sync_.uses_gradients(), options_.start),
      evaluation_(*model_, dataset, split_.train, config, comm_, [this] { alive(); }),
      sync_log_(options.syncs_per_record),
      report_every_(report_interval(course_)) {
  sync_.start(steps_.rows());
}

Engine::~Engine() = default;

TrainingState Engine::state() {
  TrainingState state{step_, last_sync_, train_s(), comm_.workers(), {}, validation_};
  const WorkerRows& rows = steps_.rows();
  sync_.save(state.saved);
  state.saved.rows["parameters"] = rows.parameters;
  state.saved.rows["buffers"] = rows.buffers;
  if (rows.momentum.defined()) state.saved.rows["momentum"] = rows.momentum;
  return state;
}

void Engine::load(const TrainingState& state) {
  step_ = state.step;
  last_sync_ = state.last_sync;
  validation_ = state.validation;
  WorkerRows& rows = steps_.rows();
  sync_.load(state.saved);
  rows.parameters.copy_(state.saved.rows.at("parameters"));
  rows.buffers.copy_(state.saved.rows.at("buffers"));
  if (rows.momentum.defined()) rows.momentum.copy_(state.saved.rows.at("momentum"));
}

TrainingEnd Engine::run() {
  start_s_ = last_checkpoint_s_ = now_s();
  metered_ = comm_.snapshot();  // until here processes waited for each other's start
  TrainingEnd end;
  while (step_ < course_.total_steps) {
    take_steps(next_event());
    sync_.after_step(step_, steps_.rows(), steps_.lr(step_));
    if (listener_.progress) {
      const TimedScope timed(report_s_);
      listener_.progress(step_);
    }

    const bool last = step_ == course_.total_steps;
    const bool evaluation_due = next_evaluation(step_ - 1) == step_;
    const bool stop_here = step_ == options_.stop_at_step && !last;
    if (step_ % report_every_ != 0 && !evaluation_due && !stop_here && !last) continue;

    const Report seen = report();
    if (!std::isfinite(seen.loss)) {
      end.reason = EndReason::diverged;
      end.detail = fmt::format("the training loss is {} at step {}", shortest(seen.loss), step_);
      break;
    }
    if (evaluation_due || last) evaluate();
    const bool stop = (seen.stop && !last) || stop_here;
    if ((stop || seen.checkpoint_due) && save_checkpoint() && stop) {
      end.reason = EndReason::checkpointed;
      end.detail =
          fmt::format("stopped on request after step {} of {}", step_, course_.total_steps);
      break;
    }
  }
  flush_syncs();
  end.step = step_;
  end.train_s = train_s();
  end.eval_s = eval_s_;
  end.checkpoint_s = checkpoint_s_;
  return end;
}

std::int64_t Engine::next_evaluation(std::int64_t after) const {
  // Evaluation i lies at the first step >= i / evals_per_epoch epochs.
  const std::int64_t per_epoch =
      std::min(config_.integer("evals_per_epoch"), course_.steps_per_epoch);
  const std::int64_t index = after * per_epoch / course_.steps_per_epoch + 1;
  return (index * course_.steps_per_epoch + per_epoch - 1) / per_epoch;
}

std::int64_t Engine::next_event() const {
  const std::int64_t report = (step_ / report_every_ + 1) * report_every_;
  std::int64_t next =
      std::min({sync_.next_event(step_), next_evaluation(step_), report, course_.total_steps});
  if (options_.stop_at_step > step_) next = std::min(next, options_.stop_at_step);
  return next;
}

void Engine::take_steps(std::int64_t last) {
  if (sync_.averages_gradients(step_ + 1)) {
    take_gradient_step();
    return;
  }
  for (std::int64_t hosted = 0; hosted < steps_.hosted(); ++hosted) {
    for (std::int64_t step = step_ + 1; step <= last; ++step) {
      steps_.compute_gradient(hosted, step);
      steps_.update(hosted, step, steps_.gradient(hosted));
    }
    alive();
  }
  step_ = last;
}

void Engine::take_gradient_step() {
  ++step_;
  steps_.compute_gradients(step_);
  const at::Tensor mean = sync_.mean_gradient(step_, steps_.rows());
  for (std::int64_t hosted = 0; hosted < steps_.hosted(); ++hosted)
    steps_.update(hosted, step_, mean);
}

Engine::Report Engine::report() {
  // Waiting for slower processes is training: it must not vanish in the gather below.
  comm_.barrier();
  const TimedScope timed(report_s_);
  const Unmetered unmetered(comm_, metered_);
  const WorkerRange workers = comm_.workers();
  const bool due = options_.checkpoint_every_s > 0 &&
                   now_s() - last_checkpoint_s_ >= options_.checkpoint_every_s;
  const bool stop = listener_.stop_requested && listener_.stop_requested();
  at::Tensor mine = at::zeros({workers.count, 3}, at::kDouble);
  for (std::int64_t hosted = 0; hosted < workers.count; ++hosted) {
    mine[hosted][0] = steps_.losses()[static_cast<std::size_t>(hosted)];
    mine[hosted][1] = stop ? 1.0 : 0.0;
    mine[hosted][2] = due ? 1.0 : 0.0;
  }
  at::Tensor all = at::empty({workers.total, 3}, at::kDouble);
  comm_.all_gather(mine, all).wait();
  const at::Tensor sums = all.sum(0);
  Report report;
  report.loss = sums[0].item<double>() / workers.total;
  report.stop = sums[1].item<double>() > 0;
  report.checkpoint_due = sums[2].item<double>() > 0;
  const bool on_cadence = step_ % report_every_ == 0 || step_ == course_.total_steps;
  if (on_cadence) emit(StepRecord{step_, epoch_of(step_), report.loss, steps_.lr(step_)});
  return report;
}

void Engine::evaluate() {
  flush_syncs();
  const double trained_s = train_s();
  const TimedScope timed(eval_s_);
  const Unmetered unmetered(comm_, metered_);
  const AveragedModel averaged = averaged_model();
  evaluate_on("validation", dataset_.train, split_.validation, averaged, trained_s);
  if (step_ == course_.total_steps)
    evaluate_on("test", dataset_.test, all_indices(dataset_.test), averaged, trained_s);
}

void Engine::evaluate_on(const char* split, const Samples& samples,
                         std::span<const std::int64_t> indices, const AveragedModel& model,
                         double trained_s) {
  EvalRecord record;
  {
    const TimedScope timed(record.eval_s);
    const Score score = evaluation_.score(model, samples, indices);
    record.loss = score.loss;
    record.accuracy = score.accuracy;
    record.samples = score.samples;
  }
  record.step = step_;
  record.epoch = epoch_of(step_);
  record.split = split;
  record.train_s = trained_s;
  record.scratch_average = !sync_.agreed(step_);
  if (record.split == "validation") validation_ = Validation{step_, record.accuracy};
  emit(record);
}

bool Engine::save_checkpoint() {
  flush_syncs();
  const TrainingState now = state();
  const TimedScope timed(checkpoint_s_);
  const Unmetered unmetered(comm_, metered_);
  const bool written = listener_.checkpoint && listener_.checkpoint(now);
  last_checkpoint_s_ = now_s();
  return written;
}

void Engine::on_sync(const SyncEntry& entry) {
  SyncRecord record;
  record.first = record.last = entry.step;
  record.period = std::max<std::int64_t>(1, entry.step - last_sync_);
  record.kind = entry.kind;
  record.payload_bytes = entry.payload_bytes;
  record.bytes_per_worker = std::llround(
      ring_bytes_per_endpoint(comm_.workers().total, static_cast<double>(entry.payload_bytes)));
  record.delay = entry.delay;
  const StepSeconds& seconds = steps_.seconds();
  record.data_s = seconds.data - logged_.data;
  record.compute_s = seconds.compute - logged_.compute;
  record.backward_s = seconds.backward - logged_.backward;
  logged_ = seconds;
  const Meter meter = comm_.snapshot();
  record.wait_s = meter.wait_s - metered_.wait_s;
  record.transfer_s = meter.transfer_s - metered_.transfer_s;
  record.hidden_s = meter.hidden_s - metered_.hidden_s;
  record.wire_bytes = meter.wire_bytes - metered_.wire_bytes;
  metered_ = meter;
  last_sync_ = entry.step;
  if (const auto full = sync_log_.add(record)) {
    const TimedScope timed(report_s_);
    emit(*full);
  }
}

void Engine::flush_syncs() {
  const TimedScope timed(report_s_);
  if (const auto rest = sync_log_.flush()) emit(*rest);
}

void Engine::emit(const Record& record) {
  if (listener_.record && comm_.workers().first == 0) listener_.record(record);
}

void Engine::alive() const {
  if (listener_.alive) listener_.alive();
}

double Engine::epoch_of(std::int64_t step) const {
  return static_cast<double>(step) / static_cast<double>(course_.steps_per_epoch);
}

double Engine::train_s() const { return now_s() - start_s_ - eval_s_ - checkpoint_s_ - report_s_; }

}  // namespace lockstep
