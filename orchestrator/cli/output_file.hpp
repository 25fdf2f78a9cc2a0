// The file that a command was told to write with -o.
#pragma once

#include <filesystem>
#include <fstream>

namespace lockstep {

/// Appears under its name, or takes the place of the file there, when all of it is written: a
/// command that is killed or fails leaves what was there. Devices and pipes (/dev/null, >(gzip))
/// are written to as they are; root's rename would put a file in their place.
class OutputFile {
 public:
  /// Throws UsageError where there is a folder, WriteError where no file can be made.
  explicit OutputFile(const std::filesystem::path& target);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  std::ostream& out() { return out_; }
  /// Throws WriteError if not all could be written.
  void publish();

 private:
  std::filesystem::path target_;
  std::filesystem::path partial_;  ///< empty: written in place
  std::ofstream out_;
};

}  // namespace lockstep
