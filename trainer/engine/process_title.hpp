// What /proc/<pid>/cmdline says about a process that was forked and never executed anything.
#pragma once

#include <string>
#include <vector>

namespace lockstep {

/// From now on the command line of this process reads `words`, for `ps` and for whoever looks which
/// runs are being worked on. False where this kernel does not allow it (PR_SET_MM_MAP needs
/// CONFIG_CHECKPOINT_RESTORE, which distributions have). Call it again as often as you like: each
/// call keeps its words for the life of the process.
bool set_process_title(const std::vector<std::string>& words);

}  // namespace lockstep
