// Which cells' accuracies cannot be told from that of their neighbours on the frontier.
#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
/// The frontier's members next before (or at) and next after a row in time, into View::rows.
std::vector<std::size_t> neighbours(const View& view, std::size_t row) {
  const double time = view.rows[row].time.mean;
  std::vector<std::size_t> found;
  bool passed = false;
  for (std::size_t k = 0; k < view.frontier.size(); ++k) {
    const std::size_t member = view.frontier[k];
    if (member == row) {
      passed = true;
      continue;
    }
    const bool before = view.rows[row].on_frontier ? !passed : view.rows[member].time.mean <= time;
    if (before) {
      found = {member};
    } else {
      found.push_back(member);
      break;
    }
  }
  return found;
}

void mark(const Work& work, View& view, std::size_t r) {
  ViewRow& row = view.rows[r];
  const SeedValues own = accuracy_by_seed(work.out.cells[row.cell]);
  for (const std::size_t other : neighbours(view, r)) {
    const SeedValues theirs = accuracy_by_seed(work.out.cells[view.rows[other].cell]);
    const Estimate difference = estimate(paired_differences(own, theirs));
    if (!difference.ci) continue;
    const bool same = difference.ci->low <= 0 && difference.ci->high >= 0;
    row.tied = row.tied.value_or(false) || same;
    if (same) row.tied_with.push_back(other);
  }
}
}  // namespace

void mark_ties(Work& work) {
  for (View& view : work.out.views) {
    for (std::size_t r = 0; r < view.rows.size(); ++r) {
      const Cell& cell = work.out.cells[view.rows[r].cell];
      if (cell.selected && cell.accuracy.known() && view.rows[r].time.known()) mark(work, view, r);
    }
  }
}

}  // namespace lockstep
