// One orchestrator per workspace. The lock is a file that names its holder, made with link(2),
// which is atomic on NFS too. A holder that has died on this machine is taken over; one of another
// machine is reported with the remedy, never broken.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include "orchestrator/schedule/machine.hpp"

namespace lockstep {

/// Somebody else works on the workspace: names host, pid and what to do.
struct LockError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Who works on a workspace.
struct LockHolder {
  ProcessName process;
  std::string command;  ///< "run"
  std::string study;    ///< that it supervises; empty: none
  std::string since;    ///< UTC
};

/// The holder of the lock at `path`, dead or alive; nothing where there is none. Throws LockError
/// for a file that is no lock.
std::optional<LockHolder> lock_holder(const std::filesystem::path& path);
/// The holder if it supervises `study`; one that has died on this machine is nobody.
std::optional<LockHolder> supervisor_of(const std::filesystem::path& path,
                                        const std::string& study);

class WorkspaceLock {
 public:
  /// Takes the lock or throws LockError. `command` and `study` are shown to others, for example
  /// "run".
  WorkspaceLock(const std::filesystem::path& path, const std::string& command,
                const std::string& study = "");
  WorkspaceLock(const WorkspaceLock&) = delete;
  WorkspaceLock& operator=(const WorkspaceLock&) = delete;
  /// Removes the lock if it is still ours: after somebody took it away, another one's may be there.
  ~WorkspaceLock();

  /// One line about a dead holder whose lock was taken over; empty otherwise.
  const std::string& notice() const { return notice_; }

 private:
  std::filesystem::path path_;
  std::string text_;  ///< what the file holds while it is ours
  std::string notice_;
};

}  // namespace lockstep
