// Records of an attempt, written with patience: a full disk is waited for. A run that cannot record
// must not go on, but one that stops the moment a disk is full loses more than the minute it takes
// to free it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "results/record/record_file.hpp"

namespace lockstep {

class PatientWriter {
 public:
  /// Creates the segment. `complain` gets one line when waiting begins, `alive` is called while it
  /// lasts.
  PatientWriter(const std::filesystem::path& path, std::function<void(const std::string&)> complain,
                std::function<void()> alive);

  /// Writes a record; tries for a minute where the disk refuses. Throws RecordError after it, and
  /// at once where the segment is over.
  void write(const Record& record);
  /// Everything written so far is on disk; as patient.
  void sync();
  /// The end of an attempt that fails: without patience, throws RecordError at once.
  void end(const EndRecord& record);
  std::int64_t last_seq() const { return writer_.last_seq(); }

 private:
  void wait_for_disk(const RecordError& error);

  RecordWriter writer_;
  std::function<void(const std::string&)> complain_;
  std::function<void()> alive_;
};

}  // namespace lockstep
