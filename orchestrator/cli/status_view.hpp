// The states of a study's runs as lines of text: failures first, then what runs, then what waits.
// Pure: what `status` prints once and `status --watch` draws again and again.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/cli/study_states.hpp"

namespace lockstep {

/// A heartbeat that is older is worth a word; trainers publish one every few seconds.
inline constexpr double kSilentS = 60;
/// A run that is slower than this share of its cell's median is a straggler: its seeds do the same
/// work.
inline constexpr double kStragglerShare = 0.5;

struct StatusView {
  int columns = 0;  ///< fold lines to so many; 0: as long as they are
  bool colour = false;
  bool all = false;      ///< done runs, too
  std::size_t runs = 0;  ///< list at most so many, and say how many more there are; 0: all
};

/// Lower is more urgent: failed 0, blocked 1, unknown 2, cancelled 3, running 4, ..., done 10.
int urgency(RunState state);

/// Without the headline.
std::vector<std::string> run_lines(const std::vector<RunStatus>& states, const StatusView& view);

/// At most `columns` wide, broken between words; continued lines have `indent` spaces in front. A
/// word that is longer stays whole: paths are copied. 0 columns: the line itself.
std::vector<std::string> folded(const std::string& line, int columns, int indent);

}  // namespace lockstep
