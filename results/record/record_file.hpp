// Record files: JSON lines with a dense sequence number and a checksum (results/FORMAT.md has the grammar and a
// worked example). The writer creates a file once and never re-opens one; the reader says what it dropped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "results/record/record_error.hpp"
#include "results/record/records.hpp"

namespace lockstep {

/// `{"seq":7,"type":"eval",...,"x":"<16 hex digits>"}` and the newline: what one record looks like on disk.
std::string record_line(std::int64_t seq, const Record& record);

/// XXH3-64, seed 0, as 16 lower-case hex digits, most significant first.
std::string xxh3_hex(std::string_view bytes);

/// Writes one segment. Not thread-safe. The destructor closes without sealing.
class RecordWriter {
 public:
  /// Creates the file (O_EXCL, O_NOFOLLOW); throws RecordError if it exists.
  explicit RecordWriter(const std::filesystem::path& path);
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;
  ~RecordWriter();

  /// Appends one line with one write(2). Evaluations, every 64 KiB and every 5 s are synced to disk.
  /// Throws RecordError; after an fsync error every later call throws too.
  void write(const Record& record);
  /// fdatasync: everything written so far survives a power cut.
  void sync();
  /// Sequence number of the last record written, -1 before the first.
  std::int64_t last_seq() const { return next_seq_ - 1; }

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  std::int64_t next_seq_ = 0;
  std::int64_t unsynced_bytes_ = 0;
  double last_sync_s_ = 0;
  bool failed_ = false;
};

enum class SegmentState {
  intact,     ///< every byte belongs to a good record
  torn_tail,  ///< the end is incomplete; what precedes it is kept
  corrupt     ///< bad bytes with good records after them, or in a sealed segment
};

struct Segment {
  std::vector<Record> records;          ///< in order; up to the damage
  std::vector<std::int64_t> seqs;       ///< seqs[i] belongs to records[i]
  SegmentState state = SegmentState::intact;
  bool sealed = false;                  ///< ends with an end record
  std::int64_t discarded_bytes = 0;
  std::int64_t damage_offset = -1;      ///< byte where the first bad line starts
  std::vector<std::string> unknown_types;
  std::string message;                  ///< empty, or one line for people: file:offset and what was done
};

/// Reads a segment; `name` is used in messages only. Pure.
Segment read_segment(std::string_view bytes, std::string_view name);
/// The same from a file; a file that does not exist is an empty segment.
Segment read_segment_file(const std::filesystem::path& path);

}  // namespace lockstep
