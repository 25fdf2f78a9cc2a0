// What the steps of an analysis share while it is made: the runs behind each cell. Internal to
// reports/analysis.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/analysis.hpp"
#include "reports/statistics/paired.hpp"

namespace lockstep {

/// The runs of Analysis::cells[i], by seed: all planned ones, and those that count (finished,
/// whole).
struct CellRuns {
  std::vector<const RunData*> all;
  std::vector<const RunData*> finished;      ///< one per Cell::seeds
  const Calibration* calibration = nullptr;  ///< of the cost of a step; none: no simulated time
};

/// What a view's time axis is.
struct ClockChoice {
  bool measured = false;
  std::optional<Network> network;  ///< simulated only; none: not known, and no time is
};

struct Work {
  const Tables& tables;
  const StudyData& study;
  Analysis& out;
  std::vector<CellRuns> runs;
  std::vector<ClockChoice> clocks;  ///< one per Analysis::views

  void problem(std::string kind, std::string text);
  void warning(std::string kind, std::string text);
};

/// A run that has reached DONE by finishing its schedule.
bool is_finished(const RunData& run);
bool is_diverged(const RunData& run);
/// "done", "diverged", "not started", "unfinished", or the end reason.
std::string status_of(const RunData& run);
/// Host and device, as people read it; empty before a run has begun.
std::string machine_of(const RunData& run);

/// The sync log as the clock wants it: expanded, rising, one event per step.
std::vector<SyncEvent> sync_events(const RunData& run);
/// Bytes that each worker has sent by the end of step `until`.
double bytes_until(const RunData& run, std::int64_t until);

/// Seconds from the first step to the end of each of `steps` (rising; evaluated steps where the
/// clock is measured). NaN where the run has no time on that clock.
std::vector<double> times_at(const CellRuns& runs, const RunData& run, const ClockChoice& clock,
                             const std::vector<std::int64_t>& steps);
/// The run's whole training on that clock, with its parts. NaN in `total` where there is none.
struct RunTime {
  double total = kUnknown;
  TimeParts parts;
};
RunTime run_time(const CellRuns& runs, const RunData& run, const ClockChoice& clock,
                 std::int64_t total_steps);

/// Test accuracies of a selected cell.
SeedValues accuracy_by_seed(const Cell& cell);

/// "a, b and 3 more": at most `limit` of them.
std::string listing(const std::vector<std::string>& names, std::size_t limit = 6);

// The steps, in the order analyse() takes them. Each reads what those before it have written.
void collect_cells(Work& work);      // cells.cpp: cells, ledger
void label_cells(Work& work);        // labels.cpp: labels; sorts the cells
void select_cells(Work& work);       // selection.cpp: eligible, selected, accuracy
void compare_cells(Work& work);      // differences.cpp: paired with their baselines
void find_costs(Work& work);         // costs.cpp: calibrations
void build_views(Work& work);        // views.cpp: times, frontiers
void keep_redraws(Work& work);       // redraws.cpp: what other networks need
void mark_ties(Work& work);          // ties.cpp: what cannot be told from a neighbour
void time_to_accuracy(Work& work);   // targets.cpp
void build_curves(Work& work);       // curves.cpp
void count_effort(Work& work);       // effort.cpp
void list_certificates(Work& work);  // certificates.cpp: identities tried for this study
void raise_guards(Work& work);       // guards.cpp
void write_methods(Work& work);      // methods.cpp

}  // namespace lockstep
