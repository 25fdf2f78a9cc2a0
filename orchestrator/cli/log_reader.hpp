// The end of a log, and what is appended to it later.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace lockstep {

class LogReader {
 public:
  /// Nothing is opened yet; the file may come later.
  explicit LogReader(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  /// The last `lines` lines (0: all), which are behind it then. Throws ReadError.
  std::string tail(int lines);
  /// What has been appended since; empty where nothing was or the file has gone.
  std::string more();

 private:
  std::filesystem::path path_;
  std::int64_t offset_ = 0;
};

}  // namespace lockstep
