// The layout of a run directory: every file name is made and parsed here, and nowhere else. Also
// the small protocols that live in it: claiming an attempt, publishing a result, finding
// checkpoints. Used by the trainer (which writes) and by the orchestrator and the store (which only
// read). No SQLite, no torch.
//
//   <runs>/<id>/config.json                       canonical bytes of the configuration
//   <runs>/<id>/launch/<token>.log                job output
//   <runs>/<id>/attempts/<n>.claim                won with link(2)
//   <runs>/<id>/attempts/<n>/{env.json, events.jsonl, heartbeat-rank<r>, RESULT}
//   <runs>/<id>/checkpoints/step-<k>-a<n>/{rank<r>.safetensors, MANIFEST.json}
//   <runs>/<id>/model.safetensors                  the averaged model, once trained
//   <runs>/<id>/DONE                              hard link to the winning RESULT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record/records.hpp"

namespace lockstep {

struct CheckpointName {
  std::int64_t step = 0;
  int attempt = 0;
  std::string text() const;  ///< step-<k>-a<n>
  static std::optional<CheckpointName> parse(std::string_view text);
  auto operator<=>(const CheckpointName&) const = default;  ///< by step, then attempt
};

/// Who took an attempt's number, and when.
struct Claim {
  std::string token, host;
  double age_s = 0;  ///< from the file's mtime
};

class RunDirectory {
 public:
  /// `path` is <runs>/<id>. Nothing is read or created.
  explicit RunDirectory(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  std::string id() const { return path_.filename().string(); }
  std::filesystem::path config() const;
  std::filesystem::path done() const;
  std::filesystem::path launch_log(std::string_view token) const;
  std::filesystem::path attempts() const;
  std::filesystem::path attempt(int n) const;
  std::filesystem::path events(int n) const;
  std::filesystem::path environment(int n) const;
  std::filesystem::path heartbeat(int n, int rank) const;
  std::filesystem::path result(int n) const;
  std::filesystem::path model() const;
  std::filesystem::path checkpoints() const;
  std::filesystem::path checkpoint(const CheckpointName& name) const;

  /// Creates the directory and config.json (atomically; equal bytes already there are fine, and a
  /// file that a power cut left short is written anew, unless an attempt has been claimed). Returns
  /// whether anything was written. Where it is not `durable`, the caller syncs the file system
  /// before it starts an attempt. Throws RecordError if another config.json is there or the id is
  /// not its hash's name.
  bool create(std::string_view config_json, bool durable = true) const;

  /// Numbers of all claimed attempts, rising.
  std::vector<int> claimed_attempts() const;
  /// Checkpoints that have a MANIFEST.json, newest first. Their contents are not verified here.
  std::vector<CheckpointName> checkpoint_names() const;

  /// Takes the next attempt number: highest claim + 1, by link(2) of a unique file (O_EXCL where
  /// links are missing), then mkdir attempts/<n>. `token` is written into the claim. One process
  /// (rank 0) calls it.
  int claim_attempt(std::string_view token) const;
  /// What attempts/<n>.claim says. Its texts are empty where a kill left it empty, or it is gone:
  /// then it is of an infinite age.
  Claim claim(int n) const;

  /// Publishes attempts/<n>/RESULT (temp file, fsync, rename, fsync directory). It lists bytes,
  /// record count and SHA-256 of the sealed events file. For done and diverged also links DONE;
  /// returns false if another attempt has won DONE before. `degraded`: what else went wrong.
  bool publish_result(int n, const EndRecord& end, const std::string& degraded = "") const;

 private:
  std::filesystem::path claim_file(int n) const;

  std::filesystem::path path_;
};

/// RESULT, read back.
struct Result {
  int attempt = 0;
  EndReason reason = EndReason::done;
  std::string detail;
  std::int64_t step = 0;
  std::string degraded;  ///< checkpoints failed, and why; empty: all is well, or nobody wrote it
  std::int64_t events_bytes = 0;
  std::int64_t events_records = 0;
  std::string events_sha256;
};
/// Nothing where the file does not exist; throws RecordError for one that cannot be read as a
/// RESULT.
std::optional<Result> read_result(const std::filesystem::path& path);

/// A rank's sign of life, republished atomically.
struct Heartbeat {
  std::string host, boot_id;
  std::int64_t pid = 0;
  std::int64_t step = 0, total_steps = 0;
  double steps_per_s = 0;
  double age_s = 0;      ///< set by the reader, from the file's mtime
  std::string degraded;  ///< as in RESULT
};
void publish_heartbeat(const std::filesystem::path& path, const Heartbeat& beat);
/// Nothing where there is none, or it is not whole: a power cut may leave it empty, and another one
/// follows. Throws ReadError.
std::optional<Heartbeat> read_heartbeat(const std::filesystem::path& path);

/// Writes a whole file durably: unique temporary name in the same directory, fsync, rename, fsync
/// of the directory. Throws WriteError with path and errno text.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// The whole file. Throws RecordError with path and errno text.
std::string read_file(const std::filesystem::path& path);

/// This machine's host name and boot id: two processes with both equal can see each other's pids.
std::string host_name();
std::string boot_id();

}  // namespace lockstep
