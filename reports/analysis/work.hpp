// What the steps of an analysis share while it is made: the runs behind each cell. Internal to
// reports/analysis.
#pragma once

#include <functional>
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
  std::optional<Network> network;       ///< simulated only; none: not known, and no time is
  const RoundExcess* rounds = nullptr;  ///< simulated only: of the spec's stragglers
  double mean_excess = 0;               ///< simulated only: theirs, as a share of a step
  TimeSum sum = TimeSum::productive;    ///< measured only
  std::string emulated = {};  ///< the network that its runs emulate; runs of others have no time
  Overlap overlap = {};       ///< simulated only: what hides; the stated model unless given
};

struct Work {
  Work(const Tables& all_tables, const StudyData& data, Analysis& analysis);

  const Tables& tables;
  const StudyData& study;
  Analysis& out;  ///< has the spec's questions; what is computed is added
  std::vector<CellRuns> runs;
  std::vector<ClockChoice> clocks;  ///< one per Analysis::views
  RoundExcess rounds;               ///< of the spec's stragglers, whatever a step costs

  void problem(std::string kind, std::string text, std::vector<std::size_t> cells = {});
  void warning(std::string kind, std::string text, std::vector<std::size_t> cells = {});
};

/// 0 where an odd configuration has none.
std::int64_t seed_of(const RunData& run);

/// A run that has reached DONE by finishing its schedule.
bool is_finished(const RunData& run);
bool is_diverged(const RunData& run);
/// On purpose, as its cell can be on no frontier (early_stop.hpp).
bool is_stopped_early(const RunData& run);
/// "done", "diverged", "stopped early", "not started", "unfinished", or the end reason.
std::string status_of(const RunData& run);
/// Host and device, as people read it; empty before a run has begun.
std::string machine_of(const RunData& run);

/// The sync log as the clock wants it: expanded, rising, one event per step.
std::vector<SyncEvent> sync_events(const RunData& run);
/// Bytes that each worker has sent by the end of step `until`.
double bytes_until(const RunData& run, std::int64_t until);

/// The network that the runs of a cell emulate; empty: none, they had that of the machine. They are
/// never redrawn for another one.
std::string emulated_network(const RunConfig& config);
/// What the system that trained these runs hid, by their own sync records.
Overlap overlap_of(const std::vector<const RunData*>& runs);

/// Each worker had its own process and the machine to itself, in every run that counts.
bool measured_clock_allowed(const CellRuns& runs);

/// One kind of step, number of workers and size of model: what a prediction of time needs.
struct Setup {
  const Calibration* calibration;
  std::int64_t workers;
  double bytes;
  std::int64_t total_steps;  ///< of a cell that has it
};
/// Those of the study with at least two workers and a known cost, in the order of cells.
std::vector<Setup> setups_of(const Work& work);

/// Syncs by the end of step `until`.
double rounds_until(const RunData& run, std::int64_t until);

/// The simulated clock as the spec wants it. It refers to `work`.
ClockChoice simulated_clock(const Work& work, std::optional<Network> network);

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

/// What the machine and the program of a run were, for the question whether two runs differ in it.
struct Aspect {
  const char* kind;  ///< of its notice: "mixed-builds"
  const char* what;  ///< "build of the trainer"
  const char* name;  ///< "build"
  std::string (*of)(const HeaderRecord&);
  bool forbids;       ///< results that differ in it are never compared
  bool of_time_only;  ///< matters to the measured clock alone
};
const std::vector<Aspect>& aspects();
/// The values of an aspect over runs that have begun, distinct and sorted.
std::vector<std::string> values_of(const Aspect& aspect, const CellRuns& runs);

/// "build a, b vs c".
std::string describe(const Aspect& aspect, const std::vector<std::string>& ours,
                     const std::vector<std::string>& others);
/// Whether any time of the report was measured, so that what matters to time alone matters.
bool on_measured_clock(const Work& work);

/// What differs between two cells apart from the algorithm, its own parameters and what is tuned.
struct Confounds {
  std::vector<std::string> texts;
  bool forbidden = false;
};
Confounds confounds_between(const Work& work, std::size_t cell, std::size_t baseline);

/// Cells of the tuning group: settings that were tried to find this one.
std::ptrdiff_t settings_tried(const Work& work, const Cell& cell);

/// What a parameter is for an algorithm that is given no value.
std::string default_of(const Tables& tables, const std::string& algorithm, const std::string& name);

/// Less than, equal to or greater than zero: numbers by size, then by text; no value comes first.
int compare_values(const Value* a, const Value* b);

/// The selected cell with the fewest local steps per sync among those that `among` admits; of equal
/// ones the first in the order of cells. It takes the place of sync_sgd in a study without one.
std::optional<std::size_t> closest_to_lockstep(const Work& work,
                                               const std::function<bool(const Cell&)>& among);

/// Whether a row is a point of its view: selected, with a time and a test accuracy.
bool plotted(const Work& work, const ViewRow& row);
/// Its means.
Point point_of(const Work& work, const ViewRow& row);

// surfaces.cpp: what the seeds of a view attain, each with its own points. A seed counts if every
// plotted cell has it.
void draw_surfaces(const Work& work, View& view);
void measure_hypervolumes(const Work& work, View& view);

/// Test accuracies of a selected cell.
SeedValues accuracy_by_seed(const Cell& cell);

/// "a, b and 3 more": at most `limit` of them.
std::string listing(const std::vector<std::string>& names, std::size_t limit = 6);

// The steps, in the order analyse() takes them. Each reads what those before it have written.
void stamp_rows(Work& work);         // rows_digest.cpp: what everything comes from
void collect_cells(Work& work);      // cells.cpp: cells, ledger
void label_cells(Work& work);        // labels.cpp: labels; sorts the cells
void select_cells(Work& work);       // selection.cpp: eligible, selected, accuracy
void find_costs(Work& work);         // costs.cpp: calibrations
void build_views(Work& work);        // views.cpp: times, frontiers
void keep_redraws(Work& work);       // redraws.cpp: what other networks need
void compare_cells(Work& work);      // differences.cpp: paired with their baselines
void find_effects(Work& work);       // effects.cpp: factors and their interactions
void find_power(Work& work);         // power.cpp: seeds that would tell pairs apart
void mark_ties(Work& work);          // ties.cpp: what cannot be told from a neighbour
void time_to_accuracy(Work& work);   // targets.cpp
void build_curves(Work& work);       // curves.cpp
void find_break_even(Work& work);    // break_even.cpp: when fewer syncs pay
void check_clock(Work& work);        // clock_check.cpp: simulated against measured
void predict_times(Work& work);      // forecast.cpp: other H, workers, networks
void match_budgets(Work& work);      // matched.cpp: accuracy at equal samples, time, bytes
void expect_best(Work& work);        // matched.cpp: had fewer settings been tried
void count_effort(Work& work);       // effort.cpp
void list_certificates(Work& work);  // certificates.cpp: identities tried for this study
void raise_guards(Work& work);       // guards.cpp
void guard_design(Work& work);       // design_guards.cpp: what was asked
void guard_machines(Work& work);     // machine_guards.cpp: where it ran
void guard_pace(Work& work);         // pace_guards.cpp: hosts and runs that are slow
void write_methods(Work& work);      // methods.cpp

}  // namespace lockstep
