#include "orchestrator/schedule/storage_checks.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <future>
#include <thread>

#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/progress.hpp"
#include "results/record/file_system.hpp"

namespace lockstep {

namespace fs = std::filesystem;
using State = Check::State;

namespace {
constexpr double kDeadlineS = 10;       // a healthy disk needs milliseconds, NFS some tenths
constexpr double kSkewS = 2;            // file times of NFS come from the server
constexpr double kFutureS = 60;         // times in a workspace that may lie ahead of the clock
constexpr double kOldestClock = 1.7e9;  // November 2023: before lockstep was written
constexpr std::int64_t kLittleDisk = 2'000'000'000;
constexpr std::int64_t kFewInodes = 100'000;  // a run takes about ten
constexpr std::size_t kQuotaProbe = 1 << 20;
constexpr const char* kElsewhere = "name a workspace on another disk with --workspace";

fs::path nearest_folder(fs::path path) {
  std::error_code ignored;
  while (!fs::is_directory(path, ignored) && path != path.parent_path()) path = path.parent_path();
  return path;
}

/// A folder for one probe.
class ProbeFolder {
 public:
  explicit ProbeFolder(const fs::path& parent)
      : path_(nearest_folder(parent) / fmt::format(".lockstep-doctor-{}", ::getpid())) {
    if (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST)
      throw write_error("cannot make directory", path_, errno, kElsewhere);
  }
  ProbeFolder(const ProbeFolder&) = delete;
  ProbeFolder& operator=(const ProbeFolder&) = delete;
  ~ProbeFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Check failed(const std::string& name, const std::string& what, State state = State::bad,
             const std::string& fix = kElsewhere) {
  return {state, name, what, fix};
}

Check probe_rename(const fs::path& folder) {
  write_file_atomically(folder / "file", std::string(kQuotaProbe, 'x'));
  write_file_atomically(folder / "file", "y");
  if (read_file(folder / "file") != "y")
    return failed("write and rename", "a file that was replaced still shows its old bytes");
  return {State::ok, "write and rename", "durable, in one step", ""};
}

Check probe_links(const fs::path& folder) {
  const fs::path one = folder / "one", two = folder / "two";
  write_file_atomically(one, "x");
  if (::link(one.c_str(), two.c_str()) != 0) {
    return failed("hard links", fmt::format("do not work here: {}", std::strerror(errno)),
                  State::warning,
                  "exclusive files stand in for them; a workspace on a local disk is safer");
  }
  if (::link(one.c_str(), two.c_str()) == 0 || errno != EEXIST)
    return failed("hard links", "a name that is taken can be taken again");
  return {State::ok, "hard links", "work", ""};
}

Check probe_locks(const fs::path& folder) {
  write_file_atomically(folder / "lock", "x");
  const FileHandle file(::open((folder / "lock").c_str(), O_RDWR | O_CLOEXEC));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(file.get(), F_SETLK, &lock) != 0) {
    return failed("locks", fmt::format("do not work here: {}", std::strerror(errno)), State::bad,
                  "SQLite needs them: mount with locks, or name a workspace on a local disk");
  }
  return {State::ok, "locks", "work", ""};
}

double seconds_of(const timespec& time) {
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double newest_time(const Workspace& workspace) {
  double newest = 0;
  for (const fs::path& path : {workspace.database(), workspace.runs(), workspace.studies()}) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) newest = std::max(newest, seconds_of(status.st_mtim));
  }
  return newest;
}

Check probe_clock(const fs::path& folder, const Workspace& workspace) {
  write_file_atomically(folder / "clock", "x");
  struct stat status {};
  if (::stat((folder / "clock").c_str(), &status) != 0)
    return failed("clock", std::strerror(errno));
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return judge_clock(seconds_of(now), seconds_of(status.st_mtim), newest_time(workspace));
}
}  // namespace

Check with_deadline(const std::string& name, double deadline_s, std::function<Check()> probe) {
  // A thread in a system call cannot be stopped: it is left behind, with all that it needs.
  const auto answer = std::make_shared<std::promise<Check>>();
  auto future = answer->get_future();
  std::thread([answer, name, probe = std::move(probe)] {
    try {
      answer->set_value(probe());
    } catch (const std::exception& error) {
      answer->set_value(failed(name, error.what()));
    }
  }).detach();
  if (future.wait_for(std::chrono::duration<double>(deadline_s)) == std::future_status::ready)
    return future.get();
  return failed(name,
                fmt::format("no answer for {}: the file system hangs", duration_text(deadline_s)));
}

Check judge_clock(double clock_s, double file_s, double newest_s) {
  constexpr const char* kFix = "set the clock (timedatectl set-ntp true), here and on file servers";
  if (clock_s < kOldestClock)
    return failed("clock", "this machine's clock is years behind", State::bad, kFix);
  const double skew = file_s - clock_s;
  if (std::abs(skew) > kSkewS) {
    return failed("clock",
                  fmt::format("new files are dated {} {} this machine's clock",
                              duration_text(std::abs(skew)), skew > 0 ? "ahead of" : "behind"),
                  State::warning, kFix);
  }
  if (newest_s > clock_s + kFutureS) {
    return failed("clock",
                  fmt::format("the workspace was written {} in the future: the clock was "
                              "set back, or another host's is wrong",
                              duration_text(newest_s - clock_s)),
                  State::warning, kFix);
  }
  return {State::ok, "clock", "agrees with the file system", ""};
}

std::vector<Check> check_storage(const Workspace& workspace) {
  using Probe = Check (*)(const fs::path&);
  const std::pair<const char*, Probe> probes[] = {
      {"write and rename", probe_rename}, {"hard links", probe_links}, {"locks", probe_locks}};
  std::vector<Check> checks;
  for (const auto& [name, probe] : probes) {
    checks.push_back(with_deadline(name, kDeadlineS, [workspace, probe = probe] {
      const ProbeFolder folder(workspace.root());
      return probe(folder.path());
    }));
  }
  checks.push_back(with_deadline("clock", kDeadlineS, [workspace] {
    const ProbeFolder folder(workspace.root());
    return probe_clock(folder.path(), workspace);
  }));
  return checks;
}

std::vector<Check> check_room(const Workspace& workspace) {
  struct statvfs info {};
  if (::statvfs(nearest_folder(workspace.root()).c_str(), &info) != 0)
    return {failed("free disk", std::strerror(errno))};
  const auto bytes =
      static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_frsize);
  Check disk{State::ok, "free disk", bytes_text(static_cast<double>(bytes)), ""};
  if (bytes < kLittleDisk) {
    disk.state = State::warning;
    disk.fix = std::string("make room, or ") + kElsewhere;
  }
  if (info.f_files == 0) return {disk};  // made as needed: btrfs, ZFS
  const auto inodes = static_cast<std::int64_t>(info.f_favail);
  Check files{State::ok, "free inodes", fmt::format("{}", inodes), ""};
  if (inodes < kFewInodes) {
    files.state = State::warning;
    files.fix = std::string("remove files that are not needed, or ") + kElsewhere;
  }
  return {disk, files};
}

Check check_permissions(const Workspace& workspace) {
  struct stat status {};
  if (::stat(workspace.root().c_str(), &status) != 0)
    return {State::ok, "permissions", "the workspace will be made for you and your group", ""};
  if ((status.st_mode & S_IWOTH) != 0) {
    return {State::bad, "permissions",
            fmt::format("everybody on this machine may write {}", workspace.root().string()),
            fmt::format("chmod o-w {}", workspace.root().string())};
  }
  if (status.st_uid != ::geteuid() && ::geteuid() != 0)
    return {State::warning, "permissions", "the workspace belongs to another user",
            "use a workspace of your own, or share it by a group"};
  return {State::ok, "permissions", fmt::format("{:04o}", status.st_mode & 07777), ""};
}

}  // namespace lockstep
