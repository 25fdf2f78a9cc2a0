// What a workspace asks of its file system, tried out one by one in a folder of its own that is
// removed again. A file system that hangs is told, not waited for.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "orchestrator/schedule/doctor.hpp"

namespace lockstep {

/// Rename over a file, fsync of file and directory, hard links, locks as SQLite takes them, times
/// of new files against this machine's clock: one line each, in the nearest folder that exists.
std::vector<Check> check_storage(const Workspace& workspace);

/// Free bytes and inodes there, and permissions of the root.
std::vector<Check> check_room(const Workspace& workspace);
Check check_permissions(const Workspace& workspace);

/// `probe`'s answer, or a bad check where it has none after `deadline_s`.
Check with_deadline(const std::string& name, double deadline_s, std::function<Check()> probe);

/// Verdict on a file that was written at `clock_s` and says `file_s`, and on the newest time that
/// stands in the workspace (0: none): both must not lie ahead of the clock.
Check judge_clock(double clock_s, double file_s, double newest_s);

}  // namespace lockstep
