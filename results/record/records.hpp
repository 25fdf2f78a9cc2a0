// What a run records while it trains, as plain values, and their JSON. One JSON object per line of
// attempts/<n>/events.jsonl; only rank 0 writes. The line format (seq, checksum, durability) is
// record_file.hpp's. Seconds are CLOCK_MONOTONIC durations; wall-clock time appears only in the
// header, for display.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lockstep {

/// Where a resumed attempt took over: readers keep the ancestor's records up to and including
/// `seq`.
struct ResumedFrom {
  int attempt = 0;
  std::string checkpoint;  ///< directory name, step-<k>-a<n>
  std::int64_t step = 0;
  std::int64_t seq = 0;
  bool operator==(const ResumedFrom&) const = default;
};

struct HeaderRecord {
  std::string run;
  int attempt = 1;
  std::string config_sha256;                     ///< of config.json
  std::string host, boot_id, build, started_at;  ///< started_at: UTC, ISO 8601
  std::string device;                            ///< "cpu", "cuda"
  std::string device_name;                       ///< CPU or GPU model
  int processes = 1;                             ///< P
  bool exclusive = false;  ///< the machine was this run's alone (measured clock allowed)
  /// Cores that other programs kept busy while the attempt started; negative: not known.
  double other_load = -1;
  std::map<std::string, std::string> data_sha256;  ///< file -> hash
  std::map<std::string, std::string> libraries;    ///< torch, mpi, blas, ... -> version
  std::string determinism;                         ///< L0, L1, L2
  std::int64_t parameters = 0;                     ///< trained numbers of one model
  std::int64_t model_bytes = 0;                    ///< bytes of one full parameter exchange payload
  std::optional<ResumedFrom> resumed_from;
  bool operator==(const HeaderRecord&) const = default;
};

/// Training loss and lr, every so many steps.
struct StepRecord {
  std::int64_t step = 0;
  double epoch = 0;  ///< step / steps per epoch
  double loss = 0;   ///< mean over workers of the batch loss at this step
  double lr = 0;
  bool operator==(const StepRecord&) const = default;
};

/// `count` syncs at steps first, first + period, ..., last. Bytes and seconds are sums over all of
/// them.
struct SyncRecord {
  std::int64_t first = 0, last = 0, period = 1, count = 1;
  std::string kind;                   ///< gradient, parameter, parameter+buffers, final, ...
  std::int64_t payload_bytes = 0;     ///< per sync: n, the bytes of one worker's contribution
  std::int64_t bytes_per_worker = 0;  ///< per sync, by formula for W endpoints (ring: 2(W-1)/W n)
  std::int64_t wire_bytes = 0;        ///< sum, as metered between processes
  std::int64_t delay = 0;  ///< local steps under which the exchange runs (delayed averaging)
  double data_s = 0, compute_s = 0, backward_s = 0, wait_s = 0, transfer_s = 0, hidden_s = 0;
  bool operator==(const SyncRecord&) const = default;
};

struct EvalRecord {
  std::int64_t step = 0;
  double epoch = 0;
  std::string split;  ///< validation, test
  double loss = 0;
  double accuracy = 0;  ///< share of correct answers, 0..1
  std::int64_t samples = 0;
  double train_s =
      0;  ///< productive training seconds of this attempt so far (without evaluation, checkpoints)
  double eval_s = 0;             ///< what this evaluation took
  bool scratch_average = false;  ///< in the middle of a round: of an average that nobody else sees
  bool operator==(const EvalRecord&) const = default;
};

struct CheckpointRecord {
  std::int64_t step = 0;
  std::string name;  ///< directory name; empty where writing failed
  std::int64_t bytes = 0;
  double seconds = 0;
  std::string error;   ///< empty: written
  double train_s = 0;  ///< productive training seconds of this attempt so far; 0: unknown
  bool operator==(const CheckpointRecord&) const = default;
};

struct WarningRecord {
  std::string message;
  bool operator==(const WarningRecord&) const = default;
};

/// How an attempt ended. Names on disk are final.
enum class EndReason {
  done,
  diverged,
  checkpointed,
  preempted,
  node,
  oom,
  storage,
  hang,
  user_error,
  cancelled,
  lost
};
const char* name_of(EndReason reason);  ///< "done", ..., "user-error"
std::optional<EndReason> end_reason_from(const std::string& name);

/// The accounting of one attempt: parts sum to wall_s, the rest is `other_s`.
struct EndRecord {
  EndReason reason = EndReason::done;
  std::string detail;  ///< one line for people: "loss is NaN at step 120"
  std::int64_t step = 0;
  double wall_s = 0, startup_s = 0, train_s = 0, eval_s = 0, checkpoint_s = 0, other_s = 0;
  std::string
      state_sha256;  ///< of parameters, momentum and buffers of all workers at the end (done only)
  bool operator==(const EndRecord&) const = default;
};

using Record = std::variant<HeaderRecord, StepRecord, SyncRecord, EvalRecord, CheckpointRecord,
                            WarningRecord, EndRecord>;

/// "header", "step", "sync", "eval", "checkpoint", "warning", "end".
const char* type_of(const Record& record);

/// The members of the record's line after "type", up to the checksum. Non-finite doubles are the
/// strings "NaN", "Infinity", "-Infinity".
nlohmann::ordered_json to_json(const Record& record);

/// From an object that has "type" as well. Nothing for a type this version does not know. Throws
/// RecordError for a known type with missing or wrong members, FormatError for a header of another
/// format.
std::optional<Record> record_from_json(const nlohmann::ordered_json& json);

}  // namespace lockstep
