#include "orchestrator/schedule/machine.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "results/record/run_directory.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
/// Field 22 of /proc/<pid>/stat; -1 where there is no such process or it is a zombie.
std::int64_t started_ticks_of(std::int64_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto name_end = text.rfind(')');  // the name may hold spaces
  if (name_end == std::string::npos) return -1;
  std::istringstream fields(text.substr(name_end + 1));
  std::string state, skipped;
  fields >> state;
  if (state == "Z" || state == "X") return -1;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  std::int64_t ticks = -1;
  fields >> ticks;
  return ticks;
}

/// Every process that has a --run-dir, as use(pid, directory).
template <typename Use>
void for_each_trainer(const Use& use) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "cmdline");
    bool next = false;
    for (std::string word; std::getline(file, word, '\0'); next = word == "--run-dir") {
      if (next) use(std::stoll(name), word);
    }
  }
}

/// cgroup v2 `cpu.max`, "max 100000" or "<quota> <period>".
double quota_cores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 1e9;
  return std::max(1.0, std::stod(quota) / period);
}

struct KnownFileSystem {
  std::uint64_t magic;
  const char* name;
  bool remote;
};
/// statfs(2). FUSE may be anything, so it is taken for remote.
constexpr KnownFileSystem kFileSystems[] = {
    {0xEF53, "ext4", false},      {0x58465342, "xfs", false},     {0x9123683E, "btrfs", false},
    {0x01021994, "tmpfs", false}, {0x794C7630, "overlay", false}, {0x2FC12FC1, "zfs", false},
    {0xF2F52010, "f2fs", false},  {0x6969, "nfs", true},          {0xFF534D42, "cifs", true},
    {0xFE534D42, "smb2", true},   {0x00C36400, "ceph", true},     {0x65735546, "fuse", true},
    {0x0BD00BD0, "lustre", true}, {0x47504653, "gpfs", true},     {0x01021997, "9p", true},
};

fs::path nearest_existing(fs::path path) {
  std::error_code ignored;
  path = fs::absolute(path, ignored);
  while (!fs::exists(path, ignored) && path.has_parent_path() && path != path.parent_path())
    path = path.parent_path();
  return path;
}
}  // namespace

ProcessName this_process() {
  const std::int64_t pid = ::getpid();
  return {host_name(), boot_id(), pid, started_ticks_of(pid)};
}

bool is_alive(const ProcessName& process) {
  if (process.host != host_name() || process.boot_id != boot_id()) return false;
  return process.pid > 0 && started_ticks_of(process.pid) == process.started_ticks &&
         process.started_ticks >= 0;
}

std::set<std::string> run_directories_in_use() {
  std::set<std::string> found;
  for_each_trainer([&](std::int64_t, const std::string& directory) { found.insert(directory); });
  return found;
}

std::vector<std::int64_t> processes_in(const std::string& run_directory) {
  std::vector<std::int64_t> pids;
  for_each_trainer([&](std::int64_t pid, const std::string& directory) {
    if (directory == run_directory) pids.push_back(pid);
  });
  return pids;
}

std::string machine_name(const std::string& device) { return host_name() + " " + device; }

bool is_this_machine(const std::string& machine) { return machine.starts_with(host_name() + " "); }

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int affinity = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return std::max(1,
                  std::min(affinity, static_cast<int>(std::lround(std::min(quota_cores(), 1e6)))));
}

FileSystem file_system_of(const fs::path& path) {
  struct statfs info {};
  const fs::path existing = nearest_existing(path);
  if (::statfs(existing.c_str(), &info) != 0) return {"unknown", true, 0};
  const auto magic = static_cast<std::uint64_t>(static_cast<std::uint32_t>(info.f_type));
  FileSystem result{
      fmt::format("{:#x}", magic), false,
      static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_bsize)};
  for (const KnownFileSystem& known : kFileSystems) {
    if (known.magic != magic) continue;
    result.name = known.name;
    result.remote = known.remote;
  }
  return result;
}

std::int64_t disk_usage_bytes(const fs::path& folder) {
  std::int64_t sum = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;
    if (it->is_regular_file(gone) && !gone) {
      const auto size = it->file_size(gone);
      if (!gone) sum += static_cast<std::int64_t>(size);
    }
  }
  return sum;
}

std::string utc_now() {
  const time_t now = ::time(nullptr);
  tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  return std::string(text, ::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
}

}  // namespace lockstep
