// What the orchestrator asks the machine it runs on: who is alive, how many cores, what file
// system. Linux only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace lockstep {

/// A process, so named that a later one with the same pid is not taken for it.
struct ProcessName {
  std::string host, boot_id;
  std::int64_t pid = 0;
  std::int64_t started_ticks = 0;  ///< since boot
  bool operator==(const ProcessName&) const = default;
};

ProcessName this_process();
/// Whether the process lives on this machine and in this boot. False for one of another host: ask
/// it there.
bool is_alive(const ProcessName& process);

/// Absolute run directories that a process of this machine has as its --run-dir: no run is started
/// beside one that an orchestrator left behind.
std::set<std::string> run_directories_in_use();
/// Pids of the processes of this machine that work in one.
std::vector<std::int64_t> processes_in(const std::string& run_directory);

/// How measurements name the machine they were made on: this host and the device they used.
std::string machine_name(const std::string& device);
/// Whether a name was given by machine_name() on this host.
bool is_this_machine(const std::string& machine);

/// Cores that this process may use: its affinity, and the quota of its control group.
int usable_cores();

struct FileSystem {
  std::string name;     ///< "ext4", "nfs", or the magic number
  bool remote = false;  ///< shared between hosts, or must be taken for it
  std::int64_t free_bytes = 0;
};
/// Of the nearest existing folder above `path`.
FileSystem file_system_of(const std::filesystem::path& path);

/// Sum over the regular files below `folder`; hard links count once each.
std::int64_t disk_usage_bytes(const std::filesystem::path& folder);

/// Wall-clock time for display, ISO 8601, UTC, whole seconds.
std::string utc_now();

}  // namespace lockstep
