// When communicating less often pays at all, whatever it does to accuracy.
#include <algorithm>
#include <set>
#include <tuple>

#include "reports/analysis/work.hpp"

namespace lockstep {

std::vector<Setup> setups_of(const Work& work) {
  std::vector<Setup> setups;
  std::set<std::tuple<std::string, std::int64_t, double>> seen;
  for (std::size_t i = 0; i < work.runs.size(); ++i) {
    const CellRuns& runs = work.runs[i];
    const auto begun = std::find_if(runs.all.begin(), runs.all.end(),
                                    [](const RunData* run) { return run->header.has_value(); });
    if (!runs.calibration || begun == runs.all.end()) continue;
    const Cell& cell = work.out.cells[i];
    const auto bytes = static_cast<double>((*begun)->header->model_bytes);
    if (cell.workers < 2 || !(bytes > 0)) continue;
    if (seen.insert({runs.calibration->key, cell.workers, bytes}).second)
      setups.push_back({runs.calibration, cell.workers, bytes, cell.total_steps});
  }
  return setups;
}

void find_break_even(Work& work) {
  for (const Setup& setup : setups_of(work)) {
    const StepCost& cost = setup.calibration->cost;
    for (std::size_t v = 0; v < work.out.views.size(); ++v) {
      const std::optional<Network>& network = work.clocks[v].network;
      if (!network) continue;
      work.out.break_even.push_back(
          {.step = setup.calibration->key,
           .workers = setup.workers,
           .bytes = setup.bytes,
           .cost = cost,
           .network = work.out.views[v].title,
           .all_reduce_s = all_reduce_s(*network, setup.workers, setup.bytes),
           .H = break_even_H(*network, setup.workers, setup.bytes, cost.backward_s),
           .bandwidth =
               break_even_bandwidth(*network, setup.workers, setup.bytes, cost.backward_s)});
    }
  }
}

}  // namespace lockstep
