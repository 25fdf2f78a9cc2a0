// All numbers of a report, as values: what every exporter renders and none of them computes.
// Everything is sorted (algorithm in the order of its table, then H, workers, lr, the rest), so
// that runs in any order give the same report. Seconds, bytes, accuracies as shares of 1. NaN
// stands for what is not known.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reports/report.hpp"
#include "reports/statistics/frontier.hpp"
#include "reports/statistics/interval.hpp"
#include "reports/statistics/survival.hpp"
#include "results/clock/clock.hpp"

namespace lockstep {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// One planned run in the ledger.
struct LedgerRow {
  std::string run, cell, label;  ///< label of the cell
  std::int64_t seed = 0;
  std::string status;  ///< done, diverged, stopped early, not started, unfinished, or how the last
                       ///< attempt ended
  std::string detail;
  int attempts = 0, processes = 0;
  std::int64_t step = 0, total_steps = 0;
  double wall_s = 0, startup_s = 0, train_s = 0, eval_s = 0, checkpoint_s = 0, other_s = 0,
         replayed_s = 0;
  std::string machine;
  std::vector<std::string> warnings;
};

/// What a finished run reached.
struct SeedResult {
  std::int64_t seed = 0;
  std::string run;
  double val_accuracy = kUnknown;  ///< of the last evaluation
  double accuracy = kUnknown;      ///< test, at the end
};

/// Runs that differ only in seed.
struct Cell {
  std::string id, group;    ///< hashes of cell and tuning group
  std::string label;        ///< algorithm and what varies in the study
  std::string short_label;  ///< the same without what is tuned: unique among selected cells
  std::string setting;      ///< what is tuned: "lr=0.05"
  std::map<std::string, std::string> parameters;  ///< every parameter but the seed, as text
  std::string algorithm;
  std::size_t algorithm_index = 0;  ///< into Analysis::algorithms
  double H = kUnknown;  ///< mean number of local steps per sync; kUnknown before anything has run
  std::int64_t workers = 0;
  double lr = 0;                       ///< as in the spec
  double peak_lr = 0;                  ///< after lr_scaling
  double effective_lr_factor = 1;      ///< of momentum buffers and outer momentum
  double bytes_per_worker = kUnknown;  ///< sent, by formula for a ring of all workers
  /// Sent by the first process to others, as metered; 0 where one process hosts all workers.
  double wire_bytes_per_process = kUnknown;
  std::int64_t total_steps = 0;
  int planned = 0, diverged = 0, stopped_early = 0;
  std::vector<SeedResult> seeds;  ///< finished runs, by seed
  bool eligible = false;
  std::string why_not;  ///< not eligible: the reason
  Estimate val_accuracy;
  Estimate accuracy;  ///< test; empty unless selected: it is looked at once
  bool selected = false;
  std::string device, hosts;  ///< of the runs' headers
};

/// Where training time goes, mean over seeds. total = data + compute + wait + exposed + other.
struct TimeParts {
  double data = 0, compute = 0, wait = 0, exposed = 0, hidden = 0, other = 0;
};

/// A cell on one clock and network.
struct ViewRow {
  std::size_t cell = 0;  ///< into Analysis::cells
  /// One value per Cell::seeds; empty where there is no time. Simulated: no interval, as the seeds
  /// share one step cost and mostly one sync log, and so are no sample of times.
  Estimate time;
  TimeParts parts;
  bool on_frontier = false;
  double on_frontier_probability = kUnknown;  ///< selected cells only
  /// Whether its accuracy cannot be told from that of a neighbour on the frontier: the frontier's
  /// members next before and next after it in time. None: no neighbour, or too few common seeds.
  std::optional<bool> tied;
  std::vector<std::size_t> tied_with;  ///< those neighbours, into View::rows
  Estimate price;  ///< workers x time, where the spec asks for it, as ReportSpec::price says
  bool on_price_frontier = false;
  double on_price_frontier_probability = kUnknown;  ///< selected cells only
};

/// Time to a validation accuracy of a selected cell.
struct TargetRow {
  double target = 0;
  std::string origin;  ///< "asked", "99 % of sync_sgd W=4", "99 % of local_sgd H=1"
  std::size_t cell = 0;
  Survival survival;
};

/// Hypervolume over the selected cells of one algorithm ("" for all of them).
struct HypervolumeRow {
  std::string algorithm;
  std::vector<std::size_t> cells;  ///< whose points they are, into Analysis::cells
  double of_means = 0;
  double share = 0;     ///< of_means / the same of all algorithms
  Estimate over_seeds;  ///< of each seed's own points, seeds that every cell has
};

/// Seconds by which an accuracy is attained; infinity: it is not.
struct AttainmentRow {
  double accuracy = 0;
  double best_s = 0, median_s = 0, worst_s = 0;  ///< by one seed, by half of them, by all
};

/// A seed that some plotted cells have and others have not.
struct LeftOutSeed {
  std::int64_t seed = 0;
  std::vector<std::size_t> missing;  ///< cells without it, into Analysis::cells
};

/// One clock and network: a panel of the plot.
struct View {
  std::string clock;  ///< "simulated", "measured"
  std::string network;
  std::string clock_name;              ///< with its stragglers: "simulated, lognormal stragglers"
  TimeSum sum = TimeSum::productive;   ///< that its times are; all that the simulated clock has
  std::string time = "training time";  ///< the same for axes and captions
  std::string title, source;           ///< source: where the profile comes from, with its numbers
  std::optional<Network> profile;      ///< of a simulated view, where it is known
  std::vector<ViewRow> rows;           ///< all cells of the study that may be shown on this clock
  std::vector<std::size_t> frontier;   ///< into rows, by rising time
  std::vector<std::size_t> price_frontier;  ///< into rows, by rising price; empty if not asked for
  bool unequal_grids = false;               ///< its plotted cells were not tuned alike
  Point reference;                          ///< of the hypervolume
  std::vector<HypervolumeRow> hypervolumes;
  std::vector<Point> best, middle,
      worst;  ///< attainment surfaces over seeds; empty below two common seeds
  int surface_seeds = 0;
  std::vector<AttainmentRow> attainment;    ///< the surfaces in a few rows, by rising accuracy
  std::vector<LeftOutSeed> left_out_seeds;  ///< not among surface_seeds, by seed
  std::vector<TargetRow> targets;
};

/// What the simulated clock needs to put a plotted cell on any network: results/clock, `simulate`.
struct Redraw {
  std::size_t cell = 0;  ///< into Analysis::cells
  StepCost cost;
  std::vector<Tally> logs;          ///< the different ones
  std::vector<std::size_t> log_of;  ///< into logs, one per Cell::seeds
};

/// Validation accuracy of a selected cell while it trains.
struct CurvePoint {
  std::int64_t step = 0;
  double epoch = 0, bytes = 0;     ///< bytes sent per worker so far
  double samples = 0, rounds = 0;  ///< of all workers; syncs so far
  double time = kUnknown;          ///< mean, on the first view
  Estimate accuracy;
};
struct Curve {
  std::size_t cell = 0;
  std::vector<CurvePoint> points;  ///< by step; steps that every finished seed has evaluated
};

/// Validation accuracy that a selected cell has by a budget that all selected cells reach: that of
/// its last evaluation within it. NaN: it was not evaluated by then.
struct MatchedRow {
  std::size_t cell = 0;
  double at_samples = kUnknown, at_time = kUnknown, at_bytes = kUnknown;
};
struct Matched {
  double samples = kUnknown, time_s = kUnknown, bytes = kUnknown;  ///< the budgets
  std::vector<MatchedRow> rows;
};

/// What tuning would have found with fewer settings tried (Dodge et al. 2019, arXiv 1909.03004).
struct ExpectedBestRow {
  std::size_t cell = 0;             ///< the selected one of the tuning group
  std::vector<double> by_settings;  ///< expected best validation accuracy of 1, 2, ... settings
};

/// Test accuracy of a selected cell against its baseline, at the seeds that both have.
struct DifferenceRow {
  std::size_t cell = 0, baseline = 0;  ///< into Analysis::cells
  /// No sync_sgd answers the cell's question: the baseline is the cell with the fewest local steps
  /// per sync among those that do.
  bool baseline_stands_in = false;
  Estimate difference;           ///< cell less baseline, one value per common seed
  double p = kUnknown;           ///< two-sided, exact sign flips
  double adjusted_p = kUnknown;  ///< Holm over all rows
  /// What else differs between the two than the algorithm: "build 0.1.0 abc vs 0.1.0 def".
  std::vector<std::string> confounds;
  bool refused = false;  ///< they were trained on different data: nothing is compared
  /// Tuned over different numbers of settings: no p, unless the spec asks for it.
  bool unequal_grids = false;
};

/// A level of a factor against another one that comes before it.
struct Contrast {
  std::string factor, level, reference;
};

/// Test accuracy of cells that agree in all factors but those named: a main effect, or how much one
/// effect depends on the other.
struct EffectRow {
  std::vector<Contrast> of;  ///< one: its main effect; two: their interaction
  /// Into Analysis::cells, one line per context (what the cells agree in): level, reference. Of an
  /// interaction: (level, level), (reference, level), (level, reference), (reference, reference).
  std::vector<std::vector<std::size_t>> contexts;
  /// One value per seed that all of these cells have, the mean over contexts of level less
  /// reference; of an interaction, of the first factor's effect at the second one's level less that
  /// at its reference.
  Estimate effect;
  double p = kUnknown;           ///< two-sided, exact sign flips
  double adjusted_p = kUnknown;  ///< Holm over the rows of its table
  /// Training time on the first view likewise, as a ratio of means: geometric mean over contexts.
  double time_ratio = kUnknown;
  std::vector<std::string> confounds;  ///< of machine and program: "build 0.1.0 abc vs 0.1.0 def"
  bool refused = false;                ///< trained on different data: nothing is compared
  bool unequal_grids = false;          ///< as in DifferenceRow: no p, unless the spec asks for it
};

/// Empty where fewer than two factors were varied: then paired differences say it all.
struct Effects {
  std::vector<std::string> factors;
  std::vector<EffectRow> main, interactions;
  std::vector<std::string> left_out;  ///< what has no row: "algorithm sync_sgd"
};

/// Factors with more levels have no rows: nobody reads them one by one, and a curve shows them.
inline constexpr std::size_t kMostLevelsOfFactor = 24;

/// What it would take to tell a pair apart whose p is above 1 - kConfidence.
struct PowerRow {
  std::size_t difference = 0;  ///< into Analysis::differences
  /// Smallest true difference that the present seeds would have shown with a chance of kPower.
  double detectable = kUnknown;
  std::optional<int> seeds;  ///< in all, if the difference is as estimated; none: beyond kMostSeeds
  /// Seeds to add for that: first those that one of the two has finished and the other does not
  /// plan, then new ones.
  std::vector<std::int64_t> add;
  double device_hours = 0;  ///< of the runs that are missing, if they take as long as the others
};

/// More seeds than this are not asked of anybody.
inline constexpr int kMostSeeds = 1000;

/// From which H on local SGD is faster than synchronous SGD, for one kind of step on one network.
struct BreakEvenRow {
  std::string step;  ///< calibration_key()
  std::int64_t workers = 0;
  double bytes = 0;  ///< of one model
  StepCost cost;
  std::string network;
  double all_reduce_s = 0;
  std::optional<std::int64_t> H;  ///< none: the all-reduce hides under the backward pass
  double bandwidth =
      0;  ///< bytes/s below which some H pays, at this network's latency; may be infinite
};

/// A cell on the measured clock and on the simulated one with the fitted network, or with the one
/// that its runs emulated.
struct ClockCheckRow {
  std::size_t cell = 0;
  std::string network;  ///< emulated; empty: none
  Overlap overlap;      ///< what the measured system hid, and so what the simulated clock credits
  Estimate measured;
  double simulated = kUnknown;
  double error = kUnknown;        ///< simulated / measured - 1
  double uncertainty = kUnknown;  ///< half width of the measured interval over its mean
};
struct ClockCheck {
  std::vector<ClockCheckRow> rows;
  std::string missing;  ///< why there are no rows, though there are measured times
};
/// What the simulated clock is held to.
inline constexpr double kMostClockError = 0.10;
/// Whether seeds of the cell differ so much that no such error could be told from theirs.
inline bool too_restless(const ClockCheckRow& row) { return row.uncertainty > kMostClockError; }

/// Time of a cell as predicted by a fit to all others.
struct LeftOutRow {
  std::size_t cell = 0;
  Estimate measured;
  double predicted = kUnknown;
  double error = kUnknown;  ///< predicted / measured - 1
  bool outside = false;     ///< its H, workers or bytes lie outside those of the others
};
/// A course that nobody has run: every H steps a blocking average; H = 1 is synchronous SGD.
struct ForecastRow {
  std::string step;  ///< calibration_key()
  std::int64_t workers = 0, H = 0, total_steps = 0;
  std::string network;
  double time_s = kUnknown;
  bool outside = false;  ///< of what was measured: H, workers, or another network
};
struct Forecast {
  bool fitted = false;  ///< to measured cells; else made of calibrations alone, with no known error
  std::optional<Network> network;  ///< fitted to their exchanges; none: not to be told
  double straggler_s = 0;          ///< mean excess of a step, fitted to their waiting; 0: none
  std::vector<LeftOutRow> left_out;
  double worst_error = kUnknown;  ///< largest |error| in left_out
  std::vector<ForecastRow> rows;
};

/// How much was tried for one algorithm.
struct EffortRow {
  std::string algorithm;
  int cells = 0, groups = 0, runs = 0, finished = 0, diverged = 0, stopped_early = 0;
  int fewest_values = 0, most_values = 0;  ///< tried per tuning group
  double device_hours = 0;                 ///< wall time x processes, all attempts
};

/// An identity tried before the study, on its own model and data, or several that were tried alike.
struct CertificateRow {
  std::string key, machine, trainer;  ///< model, data set and batch; where; SHA-256 of the program
  std::string claim;
  std::vector<std::string> algorithms;  ///< empty: of model and data alone
  double deviation = 0;                 ///< the largest of them
  double allowed = 0;
  bool held = true;
};

/// Something a reader must know before believing a number.
struct Notice {
  enum class Level { problem, warning } level = Level::warning;
  std::string kind;  ///< stable name: "edge-of-grid", "unequal-seeds", ...
  std::string text;
  std::vector<std::size_t>
      cells;  ///< whom it is about, into Analysis::cells; empty: the whole study
};

/// The spec's stragglers, for steps of that cost.
Stragglers stragglers_of(const StragglerSpec& spec, double step_s);

struct Analysis {
  std::string study, question, spec_sha256;
  std::string rows_sha256;  ///< of everything that the report was computed from
  std::string stamp;        ///< "lockstep 0.1.0; spec 5f.., rows 0a..": in every output
  ReportSpec report;
  std::vector<std::string> algorithms;  ///< those of the study, in the order of the table
  std::vector<std::size_t>
      algorithm_style;  ///< place in the table: colour and shape stay when a study grows
  std::vector<LedgerRow> ledger;
  std::vector<Cell> cells;
  std::vector<View> views;
  std::vector<Redraw> redraws;  ///< of selected cells that have a test accuracy and a step cost
  std::vector<DifferenceRow> differences;
  Effects effects;
  Matched matched;
  std::vector<ExpectedBestRow> expected_best;  ///< of tuning groups with two settings or more
  std::vector<BreakEvenRow> break_even;
  ClockCheck clock_check;
  Forecast forecast;
  std::vector<PowerRow> power;  ///< of differences that are not separated, in their order
  std::vector<Curve> curves;
  std::vector<EffortRow> effort;
  std::vector<CertificateRow> certificates;
  std::vector<Notice> notices;       ///< problems first
  std::vector<std::string> methods;  ///< sentences
  double chance = 0;                 ///< accuracy of guessing: the hypervolume's reference
};

}  // namespace lockstep
