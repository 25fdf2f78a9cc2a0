// Tuning on validation, and the one look at the test set.
#include <fmt/format.h>

#include <cmath>

#include "reports/analysis/work.hpp"

namespace lockstep {

void select_cells(Work& work) {
  std::map<std::string, std::size_t> best;  // tuning group -> cell
  auto& cells = work.out.cells;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!cells[i].eligible) continue;
    const auto [place, first] = best.emplace(cells[i].group, i);
    // Of equally good ones the first in the order of cells stays.
    if (!first && cells[i].val_accuracy.mean > cells[place->second].val_accuracy.mean)
      place->second = i;
  }
  for (const auto& [group, i] : best) cells[i].selected = true;
  for (Cell& cell : cells) {
    if (!cell.selected) {
      // Nobody downstream can look at the test set to choose.
      for (SeedResult& result : cell.seeds) result.accuracy = kUnknown;
      continue;
    }
    std::vector<double> values;
    for (const SeedResult& result : cell.seeds) values.push_back(result.accuracy);
    cell.accuracy = estimate(values);
    if (!cell.accuracy.known()) {
      work.problem("no-test",
                   fmt::format("{}: a finished run has no test accuracy; the cell is in no plot.",
                               cell.label));
    }
  }
}

std::optional<std::size_t> closest_to_lockstep(const Work& work,
                                               const std::function<bool(const Cell&)>& among) {
  std::optional<std::size_t> closest;
  for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
    const Cell& cell = work.out.cells[i];
    if (!cell.selected || std::isnan(cell.H) || !among(cell)) continue;
    if (!closest || cell.H < work.out.cells[*closest].H) closest = i;
  }
  return closest;
}

}  // namespace lockstep
