// Record files: JSON lines with a dense sequence number and a checksum (results/FORMAT.md has the
// grammar and a worked example). The writer creates a file once and never re-opens one; the reader
// says what it dropped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record/record_error.hpp"
#include "results/record/records.hpp"

namespace lockstep {

/// `{"seq":7,"type":"eval",...,"x":"<16 hex digits>"}` and the newline: what one record looks like
/// on disk.
std::string record_line(std::int64_t seq, const Record& record);

/// `{"seq":7,...` (an object without its closing brace) with checksum, brace and newline: also used
/// for RESULT.
std::string sealed_line(std::string_view open_object);

/// What stands before `,"x":` if the checksum of `line` (without its newline) is right.
std::optional<std::string_view> checked_body(std::string_view line);

/// XXH3-64, seed 0, as 16 lower-case hex digits, most significant first.
std::string xxh3_hex(std::string_view bytes);

/// Writes one segment. Not thread-safe. The destructor closes without sealing.
class RecordWriter {
 public:
  using SyncFunction = int (*)(int fd);

  /// Creates the file (O_EXCL, O_NOFOLLOW); throws RecordError if it exists. `sync_function` is
  /// fdatasync; tests give one that fails.
  explicit RecordWriter(const std::filesystem::path& path, SyncFunction sync_function = nullptr);
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;
  ~RecordWriter();

  /// Appends one line with one write(2), short writes continued. Headers, evaluations, ends, every
  /// 64 KiB and every 5 s are synced to disk. Throws RecordError. After a write error (disk full)
  /// the record is accepted and waits: do not write it again, call sync() until it succeeds or your
  /// deadline has passed. After an fsync error, and after an end record, every later call throws.
  void write(const Record& record);
  /// Writes what waits, then fdatasync: every record accepted so far survives a power cut.
  void sync();
  /// After an fsync error: no later call will succeed.
  bool is_over() const { return failed_; }
  /// Sequence number of the last record written, -1 before the first.
  std::int64_t last_seq() const { return next_seq_ - 1; }

 private:
  void flush();

  std::filesystem::path path_;
  SyncFunction sync_function_;
  int fd_ = -1;
  std::string waiting_;  ///< bytes of accepted records that are not in the file yet
  std::int64_t next_seq_ = 0;
  std::int64_t unsynced_bytes_ = 0;
  double last_sync_s_ = 0;
  bool failed_ = false;  ///< an fsync failed: the segment is over
  bool ended_ = false;
};

/// What RESULT says about the segment of its attempt.
struct Seal {
  std::int64_t bytes = 0;
  std::int64_t records = 0;  ///< lines, unknown types included
  std::string sha256;
};

enum class SegmentState {
  intact,     ///< every byte belongs to a good record
  torn_tail,  ///< the end is incomplete; what precedes it is kept
  corrupt,    ///< bad bytes with good records after them, or in a sealed segment
  salvaged    ///< corrupt, and somebody has agreed to what is left (salvage.hpp)
};

/// Where something is missing in a salvaged segment.
struct Gap {
  std::int64_t offset = 0, bytes = 0;       ///< of the file: skipped
  std::int64_t first_seq = 0, missing = 0;  ///< records that should have been there
  bool operator==(const Gap&) const = default;
};

struct Segment {
  std::vector<Record> records;     ///< in order; up to the damage
  std::vector<std::int64_t> seqs;  ///< seqs[i] belongs to records[i]
  SegmentState state = SegmentState::intact;
  bool sealed = false;  ///< ends with an end record
  std::int64_t discarded_bytes = 0;
  std::int64_t damage_offset = -1;  ///< byte where the first bad line starts
  std::int64_t good_bytes = 0;      ///< bytes of the good lines before the damage
  std::int64_t good_lines = 0;      ///< their number, unknown types included
  std::vector<std::string> unknown_types;
  std::vector<Record> salvaged;  ///< good records after the damage, never part of the history
  std::vector<std::int64_t> salvaged_seqs;
  std::vector<std::int64_t> salvaged_offsets;  ///< where their lines begin
  std::vector<Gap> gaps;  ///< of a salvaged segment; `records` has what is before and after
  std::string message;    ///< empty, or one line for people: file:offset and what was done

  std::int64_t missing() const;
  /// Of the last record, whether there are gaps before it or not; -1 where there is none.
  std::int64_t last_seq() const { return good_lines + missing() - 1; }
};

/// Reads a segment; `name` is used in messages only. Pure. With a seal, anything missing, changed
/// or added is damage. Throws FormatError for a header of an unknown format.
Segment read_segment(std::string_view bytes, std::string_view name, const Seal* seal = nullptr);
/// The same from a file; a file that does not exist is an empty segment (corrupt, if there is a
/// seal).
Segment read_segment_file(const std::filesystem::path& path, const Seal* seal = nullptr);

}  // namespace lockstep
