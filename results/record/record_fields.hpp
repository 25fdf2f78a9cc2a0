// The members of every record, once: writing, reading with nlohmann and bulk reading with simdjson
// all visit these lists, so they cannot disagree about a name; the store makes its columns from
// them. Internal to results/. A visitor is called as visitor(name, member, need).
#pragma once

#include "results/record/records.hpp"

namespace lockstep::fields {

/// `must` members are in every record of the type; the others keep their default where a line lacks
/// them, so that a member can be added later.
enum class Need { must, may };
inline constexpr Need must = Need::must;
inline constexpr Need may = Need::may;

/// Version of the line format, in every header. A reader refuses others.
inline constexpr std::int64_t kFormat = 1;

template <class R>
struct Of;

template <>
struct Of<ResumedFrom> {
  static void visit(auto& v, auto& r) {
    v("attempt", r.attempt, must);
    v("checkpoint", r.checkpoint, must);
    v("step", r.step, must);
    v("seq", r.seq, must);
  }
};

template <>
struct Of<HeaderRecord> {
  static constexpr const char* type = "header";
  static void visit(auto& v, auto& r) {
    v.format(kFormat);
    v("run", r.run, must);
    v("attempt", r.attempt, must);
    v("config_sha256", r.config_sha256, may);
    v("host", r.host, may);
    v("boot_id", r.boot_id, may);
    v("build", r.build, may);
    v("started_at", r.started_at, may);
    v("device", r.device, may);
    v("device_name", r.device_name, may);
    v("processes", r.processes, may);
    v("exclusive", r.exclusive, may);
    v("other_load", r.other_load, may);
    v("data_sha256", r.data_sha256, may);
    v("libraries", r.libraries, may);
    v("determinism", r.determinism, may);
    v("parameters", r.parameters, may);
    v("model_bytes", r.model_bytes, may);
    v("resumed_from", r.resumed_from, may);
  }
};

template <>
struct Of<StepRecord> {
  static constexpr const char* type = "step";
  static void visit(auto& v, auto& r) {
    v("step", r.step, must);
    v("epoch", r.epoch, may);
    v("loss", r.loss, must);
    v("lr", r.lr, may);
  }
};

template <>
struct Of<SyncRecord> {
  static constexpr const char* type = "sync";
  static void visit(auto& v, auto& r) {
    v("first", r.first, must);
    v("last", r.last, must);
    v("period", r.period, must);
    v("count", r.count, must);
    v("kind", r.kind, may);
    v("payload_bytes", r.payload_bytes, may);
    v("bytes_per_worker", r.bytes_per_worker, may);
    v("wire_bytes", r.wire_bytes, may);
    v("delay", r.delay, may);
    v("data_s", r.data_s, may);
    v("compute_s", r.compute_s, may);
    v("backward_s", r.backward_s, may);
    v("wait_s", r.wait_s, may);
    v("transfer_s", r.transfer_s, may);
    v("hidden_s", r.hidden_s, may);
  }
};

template <>
struct Of<EvalRecord> {
  static constexpr const char* type = "eval";
  static void visit(auto& v, auto& r) {
    v("step", r.step, must);
    v("epoch", r.epoch, may);
    v("split", r.split, may);
    v("loss", r.loss, must);
    v("accuracy", r.accuracy, may);
    v("samples", r.samples, may);
    v("train_s", r.train_s, may);
    v("eval_s", r.eval_s, may);
    v("scratch_average", r.scratch_average, may);
  }
};

template <>
struct Of<CheckpointRecord> {
  static constexpr const char* type = "checkpoint";
  static void visit(auto& v, auto& r) {
    v("step", r.step, must);
    v("name", r.name, must);
    v("bytes", r.bytes, may);
    v("seconds", r.seconds, may);
    v("error", r.error, may);
    v("train_s", r.train_s, may);
  }
};

template <>
struct Of<WarningRecord> {
  static constexpr const char* type = "warning";
  static void visit(auto& v, auto& r) { v("message", r.message, must); }
};

template <>
struct Of<EndRecord> {
  static constexpr const char* type = "end";
  static void visit(auto& v, auto& r) {
    v("reason", r.reason, must);
    v("detail", r.detail, may);
    v("step", r.step, may);
    v("wall_s", r.wall_s, may);
    v("startup_s", r.startup_s, may);
    v("train_s", r.train_s, may);
    v("eval_s", r.eval_s, may);
    v("checkpoint_s", r.checkpoint_s, may);
    v("other_s", r.other_s, may);
    v("state_sha256", r.state_sha256, may);
  }
};

/// A record of the type called `name`, its members still at their defaults; nothing for an unknown
/// name.
std::optional<Record> blank(std::string_view name);

}  // namespace lockstep::fields
