// The simulated clock against the measured one, where a study has both.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
struct Setting {
  std::string emulated;
  Overlap overlap;
};

/// Mean over seeds of what the clock makes of these runs on `network`, with the credit that the
/// measured system really has.
double simulated_s(const Work& work, std::size_t cell, const Setting& setting,
                   const Network& network) {
  const CellRuns& runs = work.runs[cell];
  // The machine's own waiting, and not the spec's stragglers, which are those of a machine that is
  // asked about.
  const RoundExcess rounds(
      {.kind = Stragglers::Kind::measured, .mean_excess_s = 1, .spread = runs.calibration->spread});
  const ClockChoice clock{.network = network,
                          .rounds = &rounds,
                          .mean_excess = 1 / runs.calibration->cost.step_s,  // 1 s, as the spread
                          .emulated = setting.emulated,
                          .overlap = setting.overlap};
  std::vector<double> times;
  for (const RunData* run : runs.finished) {
    times.push_back(run_time(runs, *run, clock, work.out.cells[cell].total_steps).total);
  }
  return estimate(times).mean;
}

ClockCheckRow check(const Work& work, std::size_t cell) {
  const CellRuns& runs = work.runs[cell];
  const Setting setting{emulated_network(runs.finished.front()->config), overlap_of(runs.finished)};
  std::vector<double> measured;
  for (const RunData* run : runs.finished) {
    measured.push_back(run_time(runs, *run,
                                {.measured = true, .network = {}, .emulated = setting.emulated},
                                work.out.cells[cell].total_steps)
                           .total);
  }
  ClockCheckRow row{.cell = cell, .network = setting.emulated, .overlap = setting.overlap};
  row.measured = estimate(measured);
  row.simulated = simulated_s(work, cell, setting, *work.study.measured_network);
  // An emulated exchange lasts at least as long as the profile's, and never less than a real one.
  if (const auto profile = network_named(setting.emulated))
    row.simulated = std::max(row.simulated, simulated_s(work, cell, setting, *profile));
  row.error = row.simulated / row.measured.mean - 1;
  if (row.measured.ci)
    row.uncertainty = (row.measured.ci->high - row.measured.mean) / row.measured.mean;
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
