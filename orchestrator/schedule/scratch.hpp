// A folder for the files of one measurement, gone with it.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>

#include "results/record/file_system.hpp"

namespace lockstep {

class Scratch {
 public:
  /// Creates the folder. Throws RecordError.
  explicit Scratch(std::filesystem::path folder) : folder_(std::move(folder)) {
    make_directories(folder_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

/// The last line of what a program said, for an error message.
inline std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  const auto newline = text.rfind('\n');
  if (text.empty()) return "it said nothing";
  return text.substr(newline == std::string::npos ? 0 : newline + 1);
}

}  // namespace lockstep
