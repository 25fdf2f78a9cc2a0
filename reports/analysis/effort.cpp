// How much each algorithm was given: a fair comparison tries as much for all.
#include <algorithm>
#include <set>

#include "reports/analysis/work.hpp"

namespace lockstep {

void count_effort(Work& work) {
  for (const std::string& algorithm : work.out.algorithms) {
    EffortRow row{.algorithm = algorithm};
    std::map<std::string, int> tried;
    for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
      const Cell& cell = work.out.cells[i];
      if (cell.algorithm != algorithm) continue;
      ++row.cells;
      ++tried[cell.group];
      row.runs += cell.planned;
      row.finished += static_cast<int>(cell.seeds.size());
      row.diverged += cell.diverged;
      row.stopped_early += cell.stopped_early;
      for (const RunData* run : work.runs[i].all) {
        const int processes = run->header ? run->header->processes : 1;
        row.device_hours += run->accounting.wall_s * processes / 3600;
      }
    }
    row.groups = static_cast<int>(tried.size());
    row.fewest_values = tried.begin()->second;
    for (const auto& [group, values] : tried) {
      row.fewest_values = std::min(row.fewest_values, values);
      row.most_values = std::max(row.most_values, values);
    }
    work.out.effort.push_back(std::move(row));
  }
}

}  // namespace lockstep
