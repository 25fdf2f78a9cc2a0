#include "tests/faults/memory_group.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;

/// Where the memory controller is mounted, by version: its own hierarchy, or the unified one.
struct Mount {
  fs::path folder;
  int version = 0;
};

std::vector<Mount> mounts() {
  std::vector<Mount> found;
  std::ifstream table("/proc/self/mounts");
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string device, folder, type, options;
    words >> device >> folder >> type >> options;
    const bool memory = ("," + options + ",").find(",memory,") != std::string::npos;
    if (type == "cgroup" && memory) found.push_back({folder, 1});
    if (type == "cgroup2") found.push_back({folder, 2});
  }
  return found;
}

/// Of this process, below a mount: in /proc/self/cgroup "<number>:<controllers>:<path>".
std::string own_group(int version) {
  std::ifstream table("/proc/self/cgroup");
  for (std::string line; std::getline(table, line);) {
    const auto one = line.find(':'), two = line.find(':', one + 1);
    const std::string controllers = "," + line.substr(one + 1, two - one - 1) + ",";
    const bool ours =
        version == 2 ? controllers == ",," : controllers.find(",memory,") != std::string::npos;
    if (ours) return line.substr(two + 2);  // without its first slash
  }
  return "";
}

bool write(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text << std::flush;
  return out.good();
}

bool limit(const fs::path& group, int version, std::int64_t bytes) {
  if (version == 1) {
    const bool limited = write(group / "memory.limit_in_bytes", std::to_string(bytes));
    write(group / "memory.memsw.limit_in_bytes", std::to_string(bytes));  // where swap counts
    return limited;
  }
  write(group / "memory.swap.max", "0");
  return write(group / "memory.max", std::to_string(bytes));
}
}  // namespace

std::optional<MemoryGroup> MemoryGroup::make(std::int64_t bytes, std::string& why_not) {
  static int number = 0;
  why_not = "no memory controller of control groups is mounted";
  for (const Mount& mount : mounts()) {
    // Beside our own group where that may be: a group of version 2 with processes has no children.
    for (const fs::path& parent : {mount.folder / own_group(mount.version), mount.folder}) {
      const fs::path group = parent / fmt::format("lockstep-test-{}-{}", ::getpid(), ++number);
      std::error_code refused;
      if (!fs::create_directory(group, refused) || refused) {
        why_not = "no control group may be made in " + parent.string();
        continue;
      }
      if (limit(group, mount.version, bytes)) return MemoryGroup(group);
      why_not = "no memory limit can be set in " + parent.string();
      fs::remove(group, refused);
    }
  }
  return {};
}

MemoryGroup::MemoryGroup(MemoryGroup&& other) noexcept
    : folder_(std::exchange(other.folder_, fs::path())) {}

MemoryGroup::~MemoryGroup() {
  if (folder_.empty()) return;
  clear();
  std::error_code busy;
  for (int i = 0; i < 100; ++i) {
    if (::rmdir(folder_.c_str()) == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::vector<std::string> MemoryGroup::prefix() const {
  return {"/bin/sh", "-c", "echo $$ >\"$0\" && exec \"$@\"", (folder_ / "cgroup.procs").string()};
}

int MemoryGroup::kills() const {
  for (const char* name : {"memory.events", "memory.oom_control"}) {
    std::ifstream file(folder_ / name);
    std::string word;
    for (int count = 0; file >> word;) {
      if (word == "oom_kill" && file >> count) return count;
    }
  }
  return 0;
}

void MemoryGroup::clear() const {
  std::ifstream members(folder_ / "cgroup.procs");
  for (pid_t pid = 0; members >> pid;) ::kill(pid, SIGKILL);
}

}  // namespace lockstep::test
