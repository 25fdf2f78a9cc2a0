// The simulated clock against the measured one, where a study has both.
#include <fmt/format.h>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
ClockCheckRow check(const Work& work, std::size_t cell) {
  const CellRuns& runs = work.runs[cell];
  const std::int64_t total = work.out.cells[cell].total_steps;
  std::vector<double> measured, simulated;
  for (const RunData* run : runs.finished) {
    measured.push_back(run_time(runs, *run, {.measured = true, .network = {}}, total).total);
    simulated.push_back(
        run_time(runs, *run, simulated_clock(work, work.study.measured_network), total).total);
  }
  ClockCheckRow row{.cell = cell, .measured = estimate(measured)};
  row.simulated = estimate(simulated).mean;
  row.error = row.simulated / row.measured.mean - 1;
  return row;
}
}  // namespace

void check_clock(Work& work) {
  ClockCheck& out = work.out.clock_check;
  std::vector<std::size_t> measured;
  for (std::size_t i = 0; i < work.runs.size(); ++i) {
    if (measured_clock_allowed(work.runs[i])) measured.push_back(i);
  }
  if (measured.empty()) return;
  if (!work.study.measured_network) {
    out.missing = fmt::format("no network is fitted on this machine. Run: lockstep calibrate {}",
                              work.study.study);
    return;
  }
  for (const std::size_t i : measured) {
    if (work.runs[i].calibration) out.rows.push_back(check(work, i));
  }
  if (out.rows.empty())
    out.missing = fmt::format("no step cost of this machine is known. Run: lockstep calibrate {}",
                              work.study.study);
}

}  // namespace lockstep
