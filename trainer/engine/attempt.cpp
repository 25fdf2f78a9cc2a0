#include "trainer/engine/attempt.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "lockstep_version.hpp"
#include "results/record/record_error.hpp"
#include "results/record/run_directory.hpp"
#include "sweeps/run/run_id.hpp"
#include "trainer/data/jpeg.hpp"
#include "trainer/engine/checkpoint.hpp"
#include "trainer/engine/engine.hpp"
#include "trainer/engine/keep_memory.hpp"
#include "trainer/engine/model_file.hpp"
#include "trainer/engine/patient_writer.hpp"
#include "trainer/engine/precision.hpp"
#include "trainer/engine/progress.hpp"
#include "trainer/engine/provenance.hpp"
#include "trainer/engine/sign_of_life.hpp"
#include "trainer/engine/state_digest.hpp"
#include "trainer/engine/stopwatch.hpp"
#include "trainer/engine/watchdog.hpp"

namespace lockstep {

namespace {
/// How long an exclusive run listens to its machine before it starts: 25 ticks of the counters.
constexpr double kListenS = 0.25;
/// What an attempt that stands still has for its last words: the disk may be what hangs. Five
/// seconds were not always enough on a busy machine.
constexpr std::chrono::seconds kLastWords(15);

/// A number that rank 0 knows, for everybody.
std::int64_t from_rank0(Communicator& comm, std::int64_t number) {
  at::Tensor row = at::full({1}, static_cast<double>(number), at::kDouble);
  comm.broadcast(row, 0).wait();
  return static_cast<std::int64_t>(row.item<double>());
}

class Attempt {
 public:
  Attempt(const Registry& registry, const RunConfig& config, const AttemptOptions& options,
          const ProcessPlace& place, MeteredCommunicator& comm)
      : registry_(registry),
        config_(config),
        options_(options),
        place_(place),
        comm_(comm),
        directory_(options.run_directory),
        course_(course_of(registry.tables, config)),
        start_s_(now_s()),
        watchdog_(options.hang_timeout_s, [this] { bark(); }) {}

  TrainExit run() {
    if (from_rank0(comm_, std::filesystem::exists(directory_.done()) ? 1 : 0) == 1) {
      say("this run is done already; nothing to do");
      return TrainExit::done;
    }
    // All processes sleep meanwhile: what is busy then is not ours.
    if (options_.exclusive) other_load_ = busy_cores(kListenS);
    // Before a number is claimed, so that a missing file costs no attempt.
    require_precision(config_);
    const Dataset dataset = registry_.load_dataset(config_, options_.data_folder);
    std::optional<TensorFile> start;
    if (const std::string& from = config_.text("init_from"); from != "none")
      start = read_start(from, options_.data_folder);
    number_ = static_cast<int>(
        from_rank0(comm_, leader() ? directory_.claim_attempt(options_.token) : 0));
    life_.emplace(directory_, number_, place_.rank, course_.total_steps, watchdog_,
                  [this] { place_.abort(static_cast<int>(TrainExit::fenced)); });

    CheckpointStore checkpoints(
        directory_, {directory_.id(), sha256_hex(config_.canonical_json()), dataset.sha256}, comm_,
        place_.rank, number_, options_.keep);
    if (leader()) checkpoints.remove_leftovers();
    CheckpointSearch search = checkpoints.load_newest();
    auto& resumed = search.newest;
    if (leader()) begin_records(dataset, search);
    claim_blas_buffer();
    const std::int64_t first_step = resumed ? resumed->state.step : 0;
    progress_ = std::make_unique<Progress>(!leader(), course_.total_steps, first_step);

    Engine engine(registry_, config_, dataset, comm_, listener(checkpoints),
                  {.checkpoint_every_s = options_.checkpoint_every_s,
                   .stop_at_step = options_.stop_at_step,
                   .start = start ? &*start : nullptr});
    if (resumed) engine.load(resumed->state);
    if (leader()) warn_without_room(engine.rows());
    life_->begin(first_step);
    resumed.reset();
    startup_s_ = now_s() - start_s_;
    reached(first_step);
    const TrainingEnd end = engine.run();
    return finish(engine, end);
  }

  /// Ends the records of an attempt that fails and publishes its RESULT, where that is possible: a
  /// segment that takes no end is never sealed. Never throws, never waits long for the records.
  void publish_failure(EndReason reason, const std::string& detail) noexcept {
    try {
      std::unique_lock lock(writing_, kLastWords);
      if (!lock || !writer_) return;
      EndRecord record{.reason = reason, .detail = detail, .step = step_};
      record.startup_s = startup_s_;
      record.eval_s = eval_s_;
      record.checkpoint_s = checkpoint_s_;
      if (reached_s_ > 0)
        record.train_s =
            std::max(0.0, reached_s_ - start_s_ - startup_s_ - eval_s_ - checkpoint_s_);
      settle(record);
      writer_->end(record);
      directory_.publish_result(number_, record, degraded_);
      // Training may wake up before the process ends; it writes nothing after the last word.
      if (reason == EndReason::hang) lock.release();
    } catch (...) {
      // The exit code says the same, in fewer words.
    }
  }

 private:
  bool leader() const { return place_.rank == 0; }

  void say(const std::string& line) const {
    if (leader()) fmt::print(stderr, "lockstep-train: {}\n", line);
  }

  void begin_records(const Dataset& dataset, const CheckpointSearch& search) {
    const auto& resumed = search.newest;
    write_file_atomically(directory_.environment(number_), environment_json());
    writer_ = std::make_unique<PatientWriter>(
        directory_.events(number_), [this](const std::string& line) { say(line); },
        [this] { watchdog_.alive(); });
    HeaderRecord header;
    header.run = directory_.id();
    header.attempt = number_;
    header.config_sha256 = sha256_hex(config_.canonical_json());
    header.host = host_name();
    header.boot_id = boot_id();
    header.build = fmt::format("{} {}", kVersion, kCommit);
    header.started_at = utc_now();
    header.device = "cpu";
    header.device_name = cpu_model();
    header.processes = place_.processes;
    header.exclusive = options_.exclusive;
    header.other_load = other_load_;
    header.data_sha256 = dataset.sha256;
    header.libraries = loaded_libraries();
    if (dataset.train.packed) header.libraries["jpeg"] = jpeg_library();
    header.determinism = "L2";  // one thread per process, fixed summation order, exact resume
    const auto model = registry_.make_model(config_);
    header.parameters = model->parameters().numel();
    header.model_bytes =
        header.parameters * static_cast<std::int64_t>(at::elementSize(scalar_type_of(config_)));
    if (resumed) {
      header.resumed_from = ResumedFrom{resumed->name.attempt, resumed->name.text(),
                                        resumed->state.step, resumed->seq};
    }
    writer_->write(header);
    for (const std::string& line : search.rejected) {
      writer_->write(WarningRecord{line});
      say(line);
    }
    if (resumed) say(fmt::format("attempt {} goes on from {}", number_, resumed->name.text()));
  }

  /// Long before the first checkpoint, when there is still time to free some.
  void warn_without_room(const WorkerRows& rows) {
    double bytes = 0;
    for (const at::Tensor* matrix : {&rows.parameters, &rows.momentum, &rows.buffers}) {
      if (matrix->defined()) bytes += static_cast<double>(matrix->nbytes());
    }
    try {
      const WorkerRange workers = comm_.workers();
      CheckpointStore::require_room(directory_.path(), bytes * workers.total / workers.count);
    } catch (const RecordError& error) {
      say(error.what());
      write(WarningRecord{error.what()});
    }
  }

  EngineListener listener(CheckpointStore& checkpoints) {
    EngineListener listener;
    listener.record = [this](const Record& record) {
      const auto* evaluation = std::get_if<EvalRecord>(&record);
      write(record);
      if (!evaluation) return;
      progress_->evaluation(*evaluation);
      eval_s_ += evaluation->eval_s;
    };
    listener.checkpoint = [this, &checkpoints](const TrainingState& state) {
      return checkpoint(checkpoints, state);
    };
    listener.stop_requested = [this] { return options_.stop && options_.stop->load(); };
    listener.alive = [this] { life_->alive(); };
    listener.progress = [this](std::int64_t step) {
      reached(step);
      life_->reached(step);
      progress_->step(step);
    };
    return listener;
  }

  void reached(std::int64_t step) {
    const std::lock_guard lock(writing_);
    step_ = step;
    reached_s_ = now_s();
  }

  void write(const Record& record) {
    const std::lock_guard lock(writing_);
    writer_->write(record);
  }

  /// The whole time, and what no other part accounts for.
  void settle(EndRecord& record) const {
    record.wall_s = now_s() - start_s_;
    record.other_s =
        record.wall_s - record.startup_s - record.train_s - record.eval_s - record.checkpoint_s;
  }

  bool checkpoint(CheckpointStore& checkpoints, const TrainingState& state) {
    const double begin_s = now_s();
    // The manifest cites the records, so they must be on disk first.
    if (writer_) writer_->sync();
    const CheckpointOutcome outcome = checkpoints.save(state, writer_ ? writer_->last_seq() : 0);
    const double seconds = now_s() - begin_s;
    checkpoint_s_ += seconds;
    if (writer_) {
      write(CheckpointRecord{state.step, outcome.name, outcome.bytes, seconds, outcome.error,
                             state.train_s});
    }
    if (!outcome.error.empty()) {
      say("checkpoint failed, training goes on: " + outcome.error);
      degraded_ =
          fmt::format("failed checkpoints: {}, the last: {}", ++failed_checkpoints_, outcome.error);
      life_->degraded(degraded_);
    }
    life_->alive();
    return outcome.error.empty();
  }

  void bark() {
    const std::string what = fmt::format("no step for {:.0f} s; last collective: {}",
                                         options_.hang_timeout_s, comm_.last_operation());
    fmt::print(stderr, "lockstep-train: rank {} on {}: {}\n", place_.rank, host_name(), what);
    std::fflush(stderr);
    std::promise<void> told;
    const auto in_time = told.get_future();
    if (leader()) {
      std::thread([this, what, told = std::move(told)]() mutable {
        publish_failure(EndReason::hang, what);
        told.set_value();
      }).detach();
    }
    in_time.wait_for(kLastWords);  // the others leave rank 0 the time
    place_.abort(static_cast<int>(TrainExit::hang));
  }

  TrainExit finish(Engine& engine, const TrainingEnd& end) {
    EndRecord record;
    record.reason = end.reason;
    record.detail = end.detail;
    record.step = end.step;
    if (end.reason == EndReason::done) {
      record.state_sha256 = state_sha256(engine.rows(), comm_);
      save_model(engine);
    }
    progress_.reset();
    record.startup_s = startup_s_;
    record.train_s = end.train_s;
    record.eval_s = end.eval_s;
    record.checkpoint_s = end.checkpoint_s;
    settle(record);
    if (leader()) {
      const std::lock_guard lock(writing_);
      writer_->write(record);
      writer_->sync();
      writer_.reset();
      if (!directory_.publish_result(number_, record, degraded_)) {
        say("another attempt has finished this run before; its result counts");
        return TrainExit::fenced;
      }
      if (end.reason != EndReason::done) say(end.detail);
    }
    return end.reason == EndReason::checkpointed ? TrainExit::checkpointed : TrainExit::done;
  }

  /// model.safetensors: the averaged model with the names of its tensors.
  void save_model(Engine& engine) {
    const AveragedModel averaged = engine.averaged_model();
    if (!leader()) return;
    TensorFile file = to_file(engine.model(), averaged);
    file.metadata["run"] = directory_.id();
    const auto temporary = directory_.path() / fmt::format(".model-a{}.tmp", number_);
    // An attempt that others have overtaken must not replace the winner's model.
    life_->give_way_to_newer();
    if (std::filesystem::exists(directory_.done())) return;
    std::filesystem::remove(temporary);
    write_tensor_file(temporary, file);
    std::filesystem::rename(temporary, directory_.model());
  }

  const Registry& registry_;
  const RunConfig& config_;
  const AttemptOptions& options_;
  const ProcessPlace& place_;
  MeteredCommunicator& comm_;
  RunDirectory directory_;
  Course course_;
  double start_s_, startup_s_ = 0;
  double other_load_ = -1;  // cores busy with other programs before the start
  int number_ = 0;
  std::timed_mutex writing_;  ///< of the records; the watchdog's thread may have the last word
  std::unique_ptr<PatientWriter> writer_;  ///< rank 0 only
  // What a failure can still tell, as far as training had come.
  std::int64_t step_ = 0;
  double reached_s_ = 0;  ///< when it came there; 0: not yet training
  double eval_s_ = 0, checkpoint_s_ = 0;
  int failed_checkpoints_ = 0;
  std::string degraded_;  ///< what is to be told of them
  std::unique_ptr<Progress> progress_;
  Watchdog watchdog_;
  std::optional<SignOfLife> life_;  ///< once the attempt has a number
};
}  // namespace

TrainExit run_attempt(const Registry& registry, const RunConfig& config,
                      const AttemptOptions& options, const ProcessPlace& place,
                      MeteredCommunicator& comm) {
  Attempt attempt(registry, config, options, place, comm);
  try {
    return attempt.run();
  } catch (const std::exception& error) {
    const Failure failure = failure_of(error);
    if (failure.reason) attempt.publish_failure(*failure.reason, failure.message);
    throw;
  }
}

}  // namespace lockstep
