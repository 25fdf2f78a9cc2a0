// Guards over where it ran: one machine, one program, one clock for all that is compared.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/analysis/work.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
using Names = std::vector<std::string>;

/// A step's p90 over its p10 beyond which the calibration is called wide: the median of such a
/// sample moves by more than the 10 % that the clock is held to.
constexpr double kWideCalibration = 1.5;
/// Cores that other programs may keep busy beside a measured run.
constexpr double kQuiet = 0.25;

/// Runs that differ in an aspect: between cells a warning, inside one a problem, as its mean is
/// over different things.
void mixed(Work& work, const Aspect& aspect) {
  std::map<std::string, Names> by_value;
  Names inside;
  std::vector<std::size_t> inside_cells;
  for (std::size_t i = 0; i < work.runs.size(); ++i) {
    const Names values = values_of(aspect, work.runs[i]);
    for (const std::string& value : values) by_value[value].push_back(work.out.cells[i].label);
    if (values.size() < 2) continue;
    inside.push_back(work.out.cells[i].label);
    inside_cells.push_back(i);
  }
  if (by_value.size() < 2) return;
  std::string text;
  for (const auto& [value, labels] : by_value)
    text += fmt::format("{}{} ({})", text.empty() ? "" : "; ", value, listing(labels, 3));
  text = fmt::format("Runs differ in {}: {}.", aspect.what, text);
  if (inside.empty() && !aspect.forbids) return work.warning(aspect.kind, text);
  if (!inside.empty()) text += " Inside one cell: " + listing(inside) + ".";
  work.problem(aspect.kind, text, inside_cells);
}

void wide_calibrations(Work& work) {
  std::map<std::string, std::vector<std::size_t>> wide;
  for (std::size_t i = 0; i < work.runs.size(); ++i) {
    const Calibration* found = work.runs[i].calibration;
    if (!found || !(found->p10_s > 0) || found->p90_s <= kWideCalibration * found->p10_s) continue;
    wide[fmt::format("p10 to p90 {} to {} for {}", seconds(found->p10_s), seconds(found->p90_s),
                     found->key)]
        .push_back(i);
  }
  for (const auto& [what, cells] : wide) {
    work.warning("wide-calibration",
                 fmt::format("The calibrated cost of a step varies by more than {:.0f} % ({}): "
                             "something else ran, and simulated times are as uncertain. Run again, "
                             "alone on the machine: lockstep calibrate {}",
                             100 * (kWideCalibration - 1), what, work.study.study),
                 cells);
  }
}

void loaded_machines(Work& work) {
  if (!on_measured_clock(work)) return;
  Names found;
  std::vector<std::size_t> cells;
  for (std::size_t i = 0; i < work.runs.size(); ++i) {
    if (!measured_clock_allowed(work.runs[i])) continue;
    double most = 0;
    for (const RunData* run : work.runs[i].finished) {
      if (run->header->other_load > most) most = run->header->other_load;
    }
    if (most <= kQuiet) continue;
    cells.push_back(i);
    found.push_back(fmt::format("{} ({} cores)", work.out.cells[i].label, compact(most, 2)));
  }
  if (found.empty()) return;
  work.warning(
      "loaded-machine",
      "Other programs kept cores busy when these measured runs started, so their times are "
      "not of training alone: " +
          listing(found) + ".",
      cells);
}
/// Seeds of a cell differ in what they compute, hardly in how long it takes.
void restless_machines(Work& work) {
  Names found;
  std::vector<std::size_t> cells;
  for (const ClockCheckRow& row : work.out.clock_check.rows) {
    if (!too_restless(row)) continue;
    cells.push_back(row.cell);
    found.push_back(
        fmt::format("{} (± {:.0f} %)", work.out.cells[row.cell].label, 100 * row.uncertainty));
  }
  if (found.empty()) return;
  work.warning(
      "restless-machine",
      fmt::format("The machine was disturbed while it measured: seeds took so different times that "
                  "their mean is known no better than {}, and whether the simulated clock is "
                  "within {:.0f} % of it cannot be told. Train them again with nothing else "
                  "running, or more seeds.",
                  listing(found), 100 * kMostClockError),
      cells);
}
}  // namespace

void guard_machines(Work& work) {
  for (const Aspect& aspect : aspects()) {
    if (!aspect.of_time_only || on_measured_clock(work)) mixed(work, aspect);
  }
  wide_calibrations(work);
  loaded_machines(work);
  restless_machines(work);
}

}  // namespace lockstep
