// Which cells are dominated: by hand on small studies, by drawing studies, and what a report says
// of runs that were stopped.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "reports/analysis.hpp"
#include "reports/early_stop.hpp"
#include "reports/exporters/exporters.hpp"
#include "sweeps/run/course.hpp"
#include "tests/unit/reports/sample_study.hpp"

using namespace lockstep;
using namespace lockstep::test;
using Catch::Contains;

namespace {
const Tables kTables = Tables::builtin();
constexpr int kReadings = 20;

std::int64_t total_of(const RunData& run) { return course_of(kTables, run.config).total_steps; }

/// Validation error `left` * share^-exponent at 20 readings, of which the first `seen` are there.
void evaluate(RunData& run, double left, double exponent, int seen = kReadings) {
  std::vector<EvalReading> test;
  for (const EvalReading& eval : run.evals) {
    if (eval.split == EvalReading::Split::test) test.push_back(eval);
  }
  run.evals.clear();
  for (int k = 1; k <= seen; ++k) {
    const double share = static_cast<double>(k) / kReadings;
    const std::int64_t step = total_of(run) * k / kReadings;
    run.evals.push_back({.step = step,
                         .accuracy = 1 - std::min(0.95, left * std::pow(share, -exponent)),
                         .train_s = 0.012 * static_cast<double>(step),
                         .split = EvalReading::Split::validation});
  }
  if (seen == kReadings) run.evals.insert(run.evals.end(), test.begin(), test.end());
}

void begin(RunData& run, double left, int seen) {
  run.done = false;
  run.end_reason.clear();
  run.accounting = {};
  evaluate(run, left, 0.5, seen);
  const std::int64_t reached = run.evals.empty() ? 0 : run.evals.back().step;
  std::erase_if(run.syncs, [&](const SyncRecord& sync) { return sync.first > reached; });
  for (SyncRecord& sync : run.syncs) {
    sync.count = std::min(sync.count, reached / sync.period);
    sync.last = sync.first + (sync.count - 1) * sync.period;
  }
}

/// `cells` cells of a tuning group with three seeds, error 0.20 to 0.21, 0.22 and so on; all runs
/// descend with 0.5.
std::vector<CellSketch> grid(int cells) {
  std::vector<CellSketch> sketches;
  for (int i = 0; i < cells; ++i) {
    const double mean = 0.8 - 0.01 * i;
    sketches.push_back({"local_sgd", 4, 0.01 * (i + 1), {mean - 0.001, mean, mean + 0.001}});
  }
  return sketches;
}

StudyData study_of(const std::vector<CellSketch>& cells) {
  StudyData study = small_study(kTables, cells);
  std::size_t i = 0;
  for (const CellSketch& cell : cells) {
    for (const double accuracy : cell.accuracies) evaluate(study.runs[i++], 1 - accuracy, 0.5);
  }
  return study;
}

/// `grid`, and a cell of one seed with error `left` in the end, that has come half-way.
StudyData with_open_cell(int cells, double left, int seen = kReadings / 2) {
  auto sketches = grid(cells);
  sketches.push_back({"local_sgd", 4, 0.5, {0.1}});
  StudyData study = study_of(sketches);
  begin(study.runs.back(), left, seen);
  return study;
}

std::vector<EarlyStop> dominated(const StudyData& study, double confidence = 0.95) {
  DescentBounds bounds;
  return dominated_cells(kTables, study, confidence, bounds);
}
}  // namespace

TEST_CASE("a cell that cannot reach what another one of its tuning group has is dominated") {
  const StudyData study = with_open_cell(7, 0.4);
  const auto stops = dominated(study);
  REQUIRE(stops.size() == 1);
  const EarlyStop& stop = stops.front();
  CHECK(stop.cell == study.runs.back().cell);
  CHECK(stop.runs == std::vector<std::string>{study.runs.back().id});
  CHECK(stop.by == study.runs.front().cell);
  CHECK(stop.attainable == Approx(0.6));
  CHECK(stop.beaten_by == Approx(0.8 - 2.91999 * 0.001 / std::sqrt(3.0)).epsilon(1e-6));
  CHECK(stop.finished == 21);
  CHECK(stop.views.empty());
  CHECK_THAT(stop.reason, Contains("at most 60.00 %") && Contains("95 % sure") &&
                              Contains("21 finished runs") && Contains("tuning group"));
}

TEST_CASE("as many finished runs are needed as the confidence takes") {
  CHECK(dominated(with_open_cell(6, 0.4)).empty());  // 18
  CHECK(dominated(with_open_cell(6, 0.4), 0.9).size() == 1);
  CHECK(dominated(with_open_cell(7, 0.4), 0.99).empty());
}

TEST_CASE("who may reach as much is not dominated") {
  CHECK(dominated(with_open_cell(7, 0.19)).empty());
  CHECK(dominated(with_open_cell(7, 0.2015)).empty());  // below the mean, not its lower bound
  CHECK(dominated(with_open_cell(7, 0.203)).size() == 1);
}

TEST_CASE("all planned seeds are counted, and those without a reading may reach everything") {
  auto sketches = grid(14);
  sketches.push_back({"local_sgd", 4, 0.5, {0.6, 0.6, 0.6}});
  const StudyData finished = study_of(sketches);
  StudyData study = finished;
  begin(study.runs[42], 0.4, 10);
  REQUIRE(dominated(study).size() == 1);
  begin(study.runs[43], 0.4, 10);  // each of two may be wrong: twice as sure of each, 39 runs
  REQUIRE(dominated(study).size() == 1);
  CHECK(dominated(study).front().runs.size() == 2);
  begin(study.runs[44], 0.4, 10);  // of three, 59
  CHECK(dominated(study).empty());
  study = finished;
  begin(study.runs[43], 0.4, 0);
  begin(study.runs[44], 0.4, 0);
  CHECK(dominated(study).empty());  // (0.6 + 1 + 1) / 3
}

TEST_CASE("what the cell's own seeds did is possible for the others") {
  auto sketches = grid(14);
  sketches.push_back({"local_sgd", 4, 0.5, {0.75, 0.75, 0.75}});
  StudyData study = study_of(sketches);
  evaluate(study.runs[42], 0.25, 3);
  begin(study.runs[44], 0.3, 10);
  // 44 runs: the second largest descent is 0.5, but the steep one is of this cell
  CHECK(dominated(study).empty());
  evaluate(study.runs[42], 0.25, 0.5);
  CHECK(dominated(study).size() == 1);
}

TEST_CASE("only complete cells dominate") {
  auto sketches = grid(7);
  for (CellSketch& cell : sketches) {
    if (&cell != &sketches.front())
      for (double& accuracy : cell.accuracies) accuracy -= 0.4;
  }
  sketches.push_back({"local_sgd", 4, 0.5, {0.1}});
  StudyData study = study_of(sketches);
  begin(study.runs.back(), 0.5, 10);
  REQUIRE(dominated(study).size() == 1);
  StudyData open = study, diverged = study, two = study;
  begin(open.runs[0], 0.2, 10);
  CHECK(dominated(open).empty());
  diverge(diverged.runs[0]);
  CHECK(dominated(diverged).empty());
  two.runs.erase(two.runs.begin());  // no bound of a mean over two seeds
  CHECK(dominated(two).empty());
}

TEST_CASE("nobody is stopped who is nearly there, has ended, or was stopped before") {
  StudyData study = with_open_cell(7, 0.4, 15);
  CHECK(dominated(study).size() == 1);
  study = with_open_cell(7, 0.4, 16);
  CHECK(dominated(study).empty());
  study = with_open_cell(7, 0.4);
  study.runs.back().stopped_early = "because";
  CHECK(dominated(study).empty());
  study = with_open_cell(7, 0.4);
  diverge(study.runs.back());
  CHECK(dominated(study).empty());
}

TEST_CASE("a bound is taken once: runs that finish later do not move it") {
  StudyData study = with_open_cell(7, 0.4);
  StudyData later = study;
  for (RunData& run : later.runs) {
    if (run.done && !(run.cell == study.runs.front().cell))
      evaluate(run, 1 - run.evals.back().accuracy, 3);
  }
  CHECK(dominated(later).empty());
  DescentBounds bounds;
  REQUIRE(dominated_cells(kTables, study, 0.95, bounds).size() == 1);
  CHECK(bounds.size() == 1);
  CHECK(dominated_cells(kTables, later, 0.95, bounds).size() == 1);
}

namespace {
/// Groups of one cell each: local SGD with H 2, 4, ... and an open cell of H.
StudyData over_H(std::int64_t open_H, const std::vector<double>& means) {
  std::vector<CellSketch> sketches;
  std::int64_t H = 2;
  for (const double mean : means) {
    sketches.push_back({"local_sgd", H, 0.1, {mean - 0.001, mean, mean + 0.001}});
    H += 2;
  }
  sketches.push_back({"local_sgd", open_H, 0.1, {0.1}});
  StudyData study = study_of(sketches);
  study.report.select.clear();
  study.report.networks = {"10GbE", "NVLink"};
  begin(study.runs.back(), 0.4, 10);
  return study;
}
const std::vector<double> kFalling{0.8, 0.55, 0.54, 0.53, 0.52, 0.51, 0.5};
const std::vector<double> kRising{0.5, 0.51, 0.52, 0.53, 0.54, 0.55, 0.8};
}  // namespace

TEST_CASE("across tuning groups the other must take no longer on any network") {
  const auto stops = dominated(over_H(3, kRising));
  REQUIRE(stops.size() == 1);
  CHECK(stops.front().views == std::vector<std::string>{"10GbE", "NVLink"});
  CHECK_THAT(stops.front().reason, Contains("taking no longer on 10GbE, NVLink"));
  CHECK(dominated(over_H(3, kFalling)).empty());  // H = 2 is better, and slower
}

TEST_CASE("where times are not known, nobody is dominated across tuning groups") {
  StudyData study = over_H(3, kRising);
  study.calibrations.clear();
  CHECK(dominated(study).empty());
  study = over_H(3, kRising);
  study.report.networks.push_back("measured");  // nothing fitted yet
  CHECK(dominated(study).empty());
  study.measured_network = Network{"measured", 5e-5, 1e9, "fitted"};
  CHECK(dominated(study).size() == 1);
}

TEST_CASE("whichever cell of the other group is selected takes no longer") {
  StudyData study = over_H(3, kRising);
  study.report.select = {"H"};  // one group, where accuracy alone decides
  CHECK(dominated(study).front().views.empty());
  study = over_H(3, kRising);
  study.report.select = {"lr"};
  auto sketches = std::vector<CellSketch>{{"slowmo", 14, 0.1, {0.8, 0.801, 0.802}},
                                          {"slowmo", 2, 0.1, {0.5, 0.501, 0.502}}};
  StudyData more = study_of(sketches);
  for (std::size_t i = 18; i < 21; ++i) {  // the good cell goes, a better slowmo comes
    evaluate(study.runs[i], 0.5, 0.5);
  }
  study.runs.insert(study.runs.end(), more.runs.begin(), more.runs.end());
  CHECK(dominated(study).size() == 1);
  study.report.select = {"lr", "H"};  // H = 2 may be selected, and is slower than H = 3
  for (RunData& run : study.runs) {
    if (run.config.text("algorithm") == "local_sgd" && run.done) evaluate(run, 0.5, 0.5);
  }
  CHECK(dominated(study).empty());
}

TEST_CASE("what others are compared with is not stopped for their sake") {
  CHECK(dominated(over_H(1, kRising)).empty());  // the smallest H stands in for sync_sgd
  StudyData study = over_H(1, kRising);
  RunData sync = finished_run(kTables, {.parameters = {{"algorithm", std::string("sync_sgd")}}});
  study.runs.push_back(sync);
  CHECK(dominated(study).size() == 1);
  begin(study.runs.back(), 0.4, 10);
  for (const EarlyStop& stop : dominated(study)) CHECK(stop.cell != sync.cell);
}

TEST_CASE("time-driven runs are compared on the measured clock alone") {
  Tables tables = kTables;
  for (AlgorithmRow& row : tables.algorithms) row.time_driven = row.name == "local_sgd";
  StudyData study = over_H(3, kRising);
  DescentBounds bounds;
  CHECK(dominated_cells(tables, study, 0.95, bounds).empty());  // on no clock at all
  for (RunData& run : study.runs) run.header->exclusive = true, run.header->processes = 4;
  const auto stops = dominated_cells(tables, study, 0.95, bounds);
  REQUIRE(stops.size() == 1);
  CHECK(stops.front().views == std::vector<std::string>{"the measured clock"});
  for (EvalReading& eval : study.runs.back().evals) eval.train_s *= 0.99;  // it is faster
  CHECK(dominated_cells(tables, study, 0.95, bounds).empty());
}

TEST_CASE("of drawn studies, fewer are stopped wrongly than the confidence allows") {
  std::mt19937_64 source(20261130);
  std::normal_distribution<double> height(0.75, 0.03), seed(0, 0.004), wobble(0, 0.01);
  std::uniform_real_distribution<double> exponent(0.2, 0.8);
  std::vector<CellSketch> sketches;
  for (int i = 0; i < 8; ++i) sketches.push_back({"local_sgd", 4, 0.01 * (i + 1), {0, 0, 0}});
  StudyData study = study_of(sketches);
  constexpr int kStudies = 300;
  int stopped = 0, wrong = 0;
  for (int s = 0; s < kStudies; ++s) {
    std::vector<double> means(8, 0);
    for (std::size_t i = 0; i < study.runs.size(); ++i) {
      if (i % 3 == 0) means[i / 3] = height(source);
      evaluate(study.runs[i], 1 - means[i / 3] - seed(source), exponent(source));
      for (EvalReading& eval : study.runs[i].evals) eval.accuracy += wobble(source);
    }
    const auto final_of = [](const RunData& run) { return run.evals[kReadings - 1].accuracy; };
    // The last seed of one cell is still on its way, and looked at again and again.
    const std::size_t open = 3 * static_cast<std::size_t>(s % 8) + 2;
    const RunData whole = study.runs[open];
    const double mean =
        (final_of(study.runs[open - 2]) + final_of(study.runs[open - 1]) + final_of(whole)) / 3;
    double best = 0;
    for (std::size_t c = 0; c < 8; ++c) {
      if (3 * c + 2 == open) continue;
      double sum = 0;
      for (std::size_t r = 3 * c; r < 3 * c + 3; ++r) sum += final_of(study.runs[r]);
      best = std::max(best, sum / 3);
    }
    DescentBounds bounds;
    for (int seen = 1; seen <= 15; ++seen) {
      RunData& run = study.runs[open];
      run = whole;
      run.done = false;
      run.evals.resize(static_cast<std::size_t>(seen));
      if (dominated_cells(kTables, study, 0.95, bounds).empty()) continue;
      ++stopped;
      wrong += mean > best ? 1 : 0;
      break;
    }
    study.runs[open] = whole;
  }
  INFO(stopped << " of " << kStudies << " stopped, " << wrong << " wrongly");
  CHECK(wrong < 0.05 * kStudies);
  CHECK(stopped > kStudies / 10);  // the rule does something
}

TEST_CASE("a report tells of every run that was stopped, and its cell is in no plot") {
  StudyData study = with_open_cell(7, 0.4);
  study.runs.back().stopped_early = "its cell reaches at most 60.00 %";
  study.runs.back().stop_confidence = 0.95;
  const Analysis analysis = analyse(kTables, study);
  const auto cell = std::find_if(analysis.cells.begin(), analysis.cells.end(),
                                 [&](const Cell& c) { return c.id == study.runs.back().cell; });
  CHECK_FALSE(cell->eligible);
  CHECK(cell->why_not == "stopped early with seed 1");
  const auto row = std::find_if(analysis.ledger.begin(), analysis.ledger.end(),
                                [&](const LedgerRow& r) { return r.run == study.runs.back().id; });
  CHECK(row->status == "stopped early");
  CHECK(row->detail == study.runs.back().stopped_early);
  CHECK(analysis.effort.front().stopped_early == 1);
  CHECK(std::none_of(analysis.notices.begin(), analysis.notices.end(),
                     [](const Notice& notice) { return notice.kind == "incomplete"; }));
  const std::string text = render_markdown(analysis);
  CHECK_THAT(text, Contains("stopped early: its cell reaches at most 60.00 %") &&
                       Contains("1 run was stopped before the end") &&
                       Contains("at a confidence of 95 % (1)") &&
                       Contains("lockstep resume small"));
  // A seed of a cell whose others have finished takes all of it away: what is left is no fair mean.
  study = study_of(grid(7));
  begin(study.runs[2], 0.2, 10);
  study.runs[2].stopped_early = "because";
  CHECK(analyse(kTables, study).cells.front().why_not == "stopped early with seed 3");
}
