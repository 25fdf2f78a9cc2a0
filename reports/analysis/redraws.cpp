// What the simulated clock needs of each plotted cell, so that a reader can ask for any network.
#include <algorithm>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
Redraw redraw_of(const Work& work, std::size_t cell) {
  const CellRuns& runs = work.runs[cell];
  Redraw redraw{.cell = cell, .cost = runs.calibration->cost, .logs = {}, .log_of = {}};
  for (const RunData* run : runs.finished) {
    Tally log = tally(sync_events(*run), work.out.cells[cell].total_steps);
    const auto same = std::find(redraw.logs.begin(), redraw.logs.end(), log);
    redraw.log_of.push_back(static_cast<std::size_t>(same - redraw.logs.begin()));
    if (same == redraw.logs.end()) redraw.logs.push_back(std::move(log));
  }
  return redraw;
}
}  // namespace

void keep_redraws(Work& work) {
  for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
    const Cell& cell = work.out.cells[i];
    if (!cell.selected || !cell.accuracy.known() || !work.runs[i].calibration) continue;
    if (!emulated_network(work.runs[i].all.front()->config).empty()) continue;
    work.out.redraws.push_back(redraw_of(work, i));
  }
}

}  // namespace lockstep
