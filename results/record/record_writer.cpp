#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "results/record/file_system.hpp"
#include "results/record/record_file.hpp"

namespace lockstep {

namespace {
constexpr std::int64_t kSyncBytes = 64 * 1024;
constexpr double kSyncSeconds = 5;

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool is_milestone(const Record& record) {
  return std::holds_alternative<HeaderRecord>(record) ||
         std::holds_alternative<EvalRecord>(record) || std::holds_alternative<EndRecord>(record);
}
}  // namespace

RecordWriter::RecordWriter(const std::filesystem::path& path, SyncFunction sync_function)
    : path_(path), sync_function_(sync_function ? sync_function : &::fdatasync) {
  fd_ = create_new_file(path).release();
  last_sync_s_ = now_s();
  try {
    sync_directory(path.parent_path());
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

RecordWriter::~RecordWriter() {
  if (fd_ >= 0) ::close(fd_);
}

void RecordWriter::flush() {
  std::size_t written = 0;
  const int error = write_some(fd_, waiting_, written);
  waiting_.erase(0, written);
  unsynced_bytes_ += static_cast<std::int64_t>(written);
  if (error != 0)
    throw write_error("cannot append to", path_, error,
                      "free space and sync again, or stop the run");
}

void RecordWriter::write(const Record& record) {
  if (failed_) throw RecordError(path_.string() + ": an earlier fsync failed; the segment is over");
  if (ended_) throw RecordError(path_.string() + ": nothing is written after an end record");
  waiting_ += record_line(next_seq_, record);
  ++next_seq_;
  ended_ = std::holds_alternative<EndRecord>(record);
  flush();
  if (is_milestone(record) || unsynced_bytes_ >= kSyncBytes ||
      now_s() - last_sync_s_ >= kSyncSeconds)
    sync();
}

void RecordWriter::sync() {
  if (failed_) throw RecordError(path_.string() + ": an earlier fsync failed; the segment is over");
  flush();
  if (sync_function_(fd_) != 0) {
    failed_ = true;  // a second try may report success although pages were dropped
    throw write_error("cannot sync", path_, errno,
                      "the segment is over; resume from the last checkpoint");
  }
  unsynced_bytes_ = 0;
  last_sync_s_ = now_s();
}

}  // namespace lockstep
