#include "orchestrator/schedule/workspace_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "orchestrator/schedule/machine.hpp"
#include "results/record/publish.hpp"
#include "results/record/record_error.hpp"
#include "results/record/run_directory.hpp"

namespace lockstep {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {
constexpr int kTries = 20;

std::string holder_text(const std::string& command, const std::string& study) {
  const ProcessName self = this_process();
  return Json{{"format", 1},
              {"host", self.host},
              {"boot_id", self.boot_id},
              {"pid", self.pid},
              {"started_ticks", self.started_ticks},
              {"command", command},
              {"study", study},
              {"since", utc_now()}}
             .dump() +
         "\n";
}

std::optional<LockHolder> parse_holder(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    return LockHolder{
        {json.at("host").get<std::string>(), json.at("boot_id").get<std::string>(),
         json.at("pid").get<std::int64_t>(), json.at("started_ticks").get<std::int64_t>()},
        json.at("command").get<std::string>(),
        json.value("study", ""),
        json.at("since").get<std::string>()};
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

/// Removes the lock of a dead process of this machine. flock orders those who find it dead at the
/// same time: only the one that holds it, on the file that still has the name, may remove it.
void remove_stale(const fs::path& path, const std::string& seen) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return;
  struct stat opened {
  }, named{};
  std::error_code gone;
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0 && ::fstat(fd, &opened) == 0 &&
      ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
      read_file(path) == seen) {
    fs::remove(path, gone);
  }
  ::close(fd);
}

[[noreturn]] void refuse_unreadable(const fs::path& path) {
  throw LockError(fmt::format("the lock {} cannot be read; if no lockstep runs here, remove it",
                              path.string()));
}

[[noreturn]] void refuse(const fs::path& path, const LockHolder& holder) {
  const bool here = holder.process.host == host_name() && holder.process.boot_id == boot_id();
  const std::string what =
      holder.study.empty() ? "" : fmt::format(" with the study {}", holder.study);
  const std::string who = fmt::format("`lockstep {}`{} on {} (pid {}, since {})", holder.command,
                                      what, holder.process.host, holder.process.pid, holder.since);
  const std::string remedy =
      here ? fmt::format("wait for it, or stop it with Ctrl-C (`kill {}` where it has no terminal)",
                         holder.process.pid)
           : fmt::format("if it no longer runs there, remove {} and run the command again",
                         path.string());
  throw LockError(fmt::format("the workspace is in use by {}; {}", who, remedy));
}
}  // namespace

std::optional<LockHolder> lock_holder(const fs::path& path) {
  std::string text;
  try {
    text = read_file(path);
  } catch (const RecordError&) {
    return std::nullopt;  // nobody
  }
  auto holder = parse_holder(text);
  if (!holder) refuse_unreadable(path);
  return holder;
}

std::optional<LockHolder> supervisor_of(const fs::path& path, const std::string& study) {
  auto holder = lock_holder(path);
  const bool here = holder && holder->process.host == host_name();
  if (!holder || holder->study != study || (here && !is_alive(holder->process)))
    return std::nullopt;
  return holder;
}

WorkspaceLock::WorkspaceLock(const fs::path& path, const std::string& command,
                             const std::string& study)
    : path_(path), text_(holder_text(command, study)) {
  const fs::path unique = path.string() + fmt::format(".{}.{}", host_name(), ::getpid());
  write_file_atomically(unique, text_);
  const struct Remover {
    fs::path file;
    ~Remover() {
      std::error_code ignored;
      fs::remove(file, ignored);
    }
  } remover{unique};
  for (int attempt = 0; attempt < kTries; ++attempt) {
    if (link_exclusively(unique, path)) return;
    std::string seen;
    try {
      seen = read_file(path);
    } catch (const RecordError&) {
      continue;  // it has just been released
    }
    const auto holder = parse_holder(seen);
    if (!holder) refuse_unreadable(path);
    const bool same_host = holder->process.host == host_name();
    if (!same_host || is_alive(holder->process)) refuse(path, *holder);
    notice_ =
        fmt::format("took over the workspace from `lockstep {}` (pid {}), which is no longer alive",
                    holder->command, holder->process.pid);
    remove_stale(path, seen);
  }
  throw LockError(fmt::format("cannot get the lock {}: others take it again and again; try later",
                              path.string()));
}

WorkspaceLock::~WorkspaceLock() {
  try {
    if (read_file(path_) == text_) fs::remove(path_);
  } catch (const std::exception&) {  // gone, or unreadable: not ours
  }
}

}  // namespace lockstep
