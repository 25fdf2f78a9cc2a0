// How far a study is and when it will end, as pure arithmetic, and the one line that shows it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "orchestrator/schedule/run_state.hpp"

namespace lockstep {

/// Share of each run's steps that is done, 0..1; absent: none.
using RunShares = std::map<std::string, double>;

struct Progress {
  int total = 0, done = 0, running = 0, waiting = 0, failed = 0, cancelled = 0, stopped_early = 0;
  double share = 0;  ///< of all work that is still asked for, 0..1; every run counts the same
  std::optional<double> eta_s;
};

/// `share_at_start` and `elapsed_s`: what this command found done, and since when it works. The
/// estimate assumes that the rest goes as fast as what was done since; none before one percent.
Progress progress_of(const std::map<std::string, Verdict>& verdicts, const RunShares& shares,
                     double share_at_start, double elapsed_s);

/// "12/30 done, 2 running, 1 failed, 43 %, 2 min 5 s left"
std::string progress_line(const Progress& progress);

/// "1 run", "2 runs": `one` in the plural takes an s
std::string counted(std::size_t count, const std::string& one);

/// "3 s", "2 min 5 s", "3 h 20 min", "2 d 4 h"
std::string duration_text(double seconds);

/// "512 B", "1.5 MB", "2.0 GB"; decimal units
std::string bytes_text(double bytes);

}  // namespace lockstep
