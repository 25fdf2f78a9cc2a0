// A control group with a memory limit, of either version of the kernel's interface: what is over
// the limit is killed by the kernel, as on a machine that has no more.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::test {

class MemoryGroup {
 public:
  /// Nothing where this machine gives us none; `why_not` says why.
  static std::optional<MemoryGroup> make(std::int64_t bytes, std::string& why_not);
  MemoryGroup(MemoryGroup&& other) noexcept;
  MemoryGroup& operator=(MemoryGroup&&) = delete;
  /// Removes the group, once all in it have ended.
  ~MemoryGroup();

  /// Words before a command that let it begin inside.
  std::vector<std::string> prefix() const;
  /// Processes that the kernel has killed for it.
  int kills() const;
  /// Ends whatever is left in it.
  void clear() const;

 private:
  explicit MemoryGroup(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

}  // namespace lockstep::test
