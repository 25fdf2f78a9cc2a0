// Break-even, the check of the clock and predictions, by studies made by the cost model itself.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "reports/exporters/exporters.hpp"
#include "reports/report.hpp"
#include "tests/unit/reports/sample_study.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
const Tables kTables = Tables::builtin();
const Network kTrue{"", 40e-6, 1e9, ""};
constexpr double kStep = 0.010;  // as sample_study calibrates it
constexpr double kPayload = 8e6;

/// Local SGD with these H and workers, measured as the cost model has it with `scale` x its time.
/// On an emulated network exchanges last as long as on both.
RunData measured_run(std::int64_t H, std::int64_t workers, std::int64_t seed, double scale = 1,
                     const std::string& emulated = "none") {
  RunSketch sketch{.parameters = {{"algorithm", std::string("local_sgd")},
                                  {"H", H},
                                  {"workers", workers},
                                  {"train_samples", 3556 * workers},  // 100 steps in an epoch
                                  {"emulated_network", emulated},
                                  {"seed", seed}}};
  sketch.exclusive = true;
  sketch.processes = static_cast<int>(workers);
  RunData run = finished_run(kTables, sketch);
  double exchange = all_reduce_s(kTrue, workers, kPayload);
  if (const auto network = network_named(emulated))
    exchange = std::max(exchange, all_reduce_s(*network, workers, kPayload));
  for (SyncRecord& sync : run.syncs) {
    sync.wait_s = 0;
    sync.transfer_s = scale * exchange * static_cast<double>(sync.count);
  }
  for (EvalReading& eval : run.evals) {
    const auto rounds = static_cast<double>(
        eval.step == run.evals.back().step ? (eval.step + H - 1) / H : eval.step / H);
    eval.train_s = scale * (kStep * static_cast<double>(eval.step) + rounds * exchange);
  }
  return run;
}

/// Synchronous SGD on two processes whose exchanges hide for so long each.
RunData synchronous_run(std::int64_t seed, double hidden_s) {
  RunSketch sketch{.parameters = {{"algorithm", std::string("sync_sgd")},
                                  {"workers", std::int64_t{2}},
                                  {"train_samples", std::int64_t{7112}},
                                  {"seed", seed}}};
  sketch.exclusive = true;
  sketch.processes = 2;
  RunData run = finished_run(kTables, sketch);
  const double exchange = all_reduce_s(kTrue, 2, kPayload);
  for (SyncRecord& sync : run.syncs) {
    const auto count = static_cast<double>(sync.count);
    sync.wait_s = 0;
    sync.hidden_s = hidden_s * count;
    sync.transfer_s = (exchange - hidden_s) * count;
  }
  for (EvalReading& eval : run.evals)
    eval.train_s = (kStep + exchange - hidden_s) * static_cast<double>(eval.step);
  return run;
}

StudyData study_of(std::vector<RunData> runs) {
  StudyData study = small_study(kTables, {{"local_sgd", 4, 0.1, {.8}}});  // for its calibration
  study.calibrations.front().key = calibration_key(kTables, runs.front().config);
  study.runs = std::move(runs);
  study.measured_network = kTrue;
  study.report.networks = {"measured", "1GbE", "NVLink"};
  return study;
}

StudyData measured_study(double scale_of_last = 1) {
  std::vector<RunData> runs;
  for (const std::int64_t H : {1, 2, 4, 8, 16}) {
    for (const std::int64_t seed : {1, 2, 3})
      runs.push_back(measured_run(H, H < 8 ? 2 : 4, seed, H == 16 ? scale_of_last : 1));
  }
  return study_of(std::move(runs));
}
}  // namespace

TEST_CASE("break-even rows are those of the clock, per network") {
  const Analysis a = analyse(kTables, measured_study());
  REQUIRE(a.break_even.size() == 6);  // two numbers of workers on three networks
  for (const BreakEvenRow& row : a.break_even) {
    CHECK(row.bytes == kPayload);
    CHECK(row.H.has_value() == (row.all_reduce_s > row.cost.backward_s));
    if (row.network == "1GbE")
      CHECK(row.H == break_even_H(*network_named("1GbE"), row.workers, kPayload, 0.005));
  }
  const std::string text = render_markdown(a);
  CHECK(text.find("## When fewer syncs pay") != std::string::npos);
  CHECK(text.find("| never |") != std::string::npos);
}

TEST_CASE("the check of the clock is exact where the model made the times, and tells who is off") {
  const Analysis good = analyse(kTables, measured_study());
  REQUIRE(good.clock_check.rows.size() == 5);
  for (const ClockCheckRow& row : good.clock_check.rows) {
    CHECK(std::abs(row.error) < 1e-6);
    CHECK(row.measured.n() == 3);
  }
  CHECK(render_markdown(good).find("All 5 are within 10 %") != std::string::npos);
  const Analysis bad = analyse(kTables, measured_study(1.25));
  CHECK(bad.clock_check.rows.back().error == Approx(1 / 1.25 - 1));
  CHECK(render_markdown(bad).find("1 of 5 are off by more than 10 %") != std::string::npos);
}

TEST_CASE(
    "the check waits for the slowest as the machine's steps vary, whatever the spec asks for") {
  StudyData data = measured_study();
  const Analysis calm = analyse(kTables, data);
  data.calibrations.front().spread = {{0.001}, 0.0005};
  data.report.stragglers = {.model = StragglerSpec::Model::exponential, .mean_excess = 0.5};
  const Analysis varied = analyse(kTables, data);
  REQUIRE(varied.clock_check.rows.size() == calm.clock_check.rows.size());
  for (std::size_t i = 0; i < calm.clock_check.rows.size(); ++i) {
    const ClockCheckRow &without = calm.clock_check.rows[i], &with = varied.clock_check.rows[i];
    const Cell& cell = varied.cells[with.cell];
    const double step_s = 0.0005 + 0.001 * expected_max_normal(cell.workers);
    INFO(cell.label);
    CHECK(with.simulated - without.simulated ==
          Approx(static_cast<double>(cell.total_steps) * step_s).epsilon(1e-6));
    CHECK(with.measured.mean == without.measured.mean);
  }
}

TEST_CASE("the check credits what the measured system hid by its records, and nothing else") {
  constexpr double kBackward = 0.005;  // as sample_study calibrates it
  for (const double hidden_s : {0.0, kBackward}) {
    INFO(hidden_s << " s of each exchange hidden");
    std::vector<RunData> runs;
    for (const std::int64_t seed : {1, 2, 3}) {
      runs.push_back(synchronous_run(seed, hidden_s));
      for (const std::int64_t H : {2, 4, 8}) runs.push_back(measured_run(H, 2, seed));
    }
    const Analysis a = analyse(kTables, study_of(runs));
    REQUIRE(a.clock_check.rows.size() == 4);
    for (const ClockCheckRow& row : a.clock_check.rows) CHECK(std::abs(row.error) < 1e-6);
    const ClockCheckRow& synchronous = a.clock_check.rows.front();
    CHECK(synchronous.overlap == Overlap{hidden_s > 0, false});
    CHECK(synchronous.simulated < a.views.front().rows.front().time.mean * (1 + 1e-6));
    // Redrawn for a network, it is the stated model: a system that overlaps.
    const double comm = all_reduce_s(*network_named("1GbE"), 2, kPayload);
    CHECK(a.views.at(2).rows.front().time.mean ==
          Approx(static_cast<double>(a.cells.front().total_steps) * (kStep + comm - kBackward)));
    const std::string text = render_markdown(a);
    CHECK(text.find(hidden_s > 0 ? "| backward |" : "| nothing |") != std::string::npos);
    CHECK(text.find("a system that overlaps") != std::string::npos);
  }
}

TEST_CASE("an emulated network has a measured view and a check of its own, and is not redrawn") {
  std::vector<RunData> runs;
  for (const std::int64_t seed : {1, 2, 3}) {
    for (const char* name : {"1GbE", "NVLink"}) {
      for (const std::int64_t H : {2, 4}) runs.push_back(measured_run(H, 2, seed, 1, name));
    }
    runs.push_back(measured_run(2, 2, seed));
  }
  const Analysis a = analyse(kTables, study_of(runs));
  REQUIRE(a.clock_check.rows.size() == 5);
  for (const ClockCheckRow& row : a.clock_check.rows) {
    INFO(row.network);
    CHECK(std::abs(row.error) < 1e-6);
    CHECK(row.network.empty() == (a.cells[row.cell].parameters.at("emulated_network") == "none"));
  }
  std::map<std::string, std::size_t> rows;
  for (const View& view : a.views) {
    for (const ViewRow& row : view.rows) CHECK(row.time.known());
    rows[view.clock + " " + view.network] = view.rows.size();
  }
  CHECK(rows == std::map<std::string, std::size_t>{{"measured measured", 1},
                                                   {"measured emulated 1GbE", 2},
                                                   {"measured emulated NVLink", 2},
                                                   {"simulated measured", 1},
                                                   {"simulated 1GbE", 1},
                                                   {"simulated NVLink", 1}});
  CHECK(a.redraws.size() == 1);
  CHECK(a.forecast.left_out.size() == 1);
  CHECK(std::none_of(a.notices.begin(), a.notices.end(),
                     [](const Notice& notice) { return notice.kind == "not-measured"; }));
  const std::string text = render_markdown(a);
  CHECK(text.find("measured, 1GbE emulated") != std::string::npos);
  CHECK(text.find("are never redrawn") != std::string::npos);
}

TEST_CASE("emulated runs without the machine to themselves have accuracies and no time") {
  std::vector<RunData> runs;
  for (const std::int64_t seed : {1, 2, 3}) {
    runs.push_back(measured_run(2, 2, seed, 1, "1GbE"));
    runs.back().header->exclusive = false;
  }
  const Analysis a = analyse(kTables, study_of(runs));
  CHECK(a.clock_check.rows.empty());
  REQUIRE(a.views.size() == 1);
  REQUIRE(a.views.front().rows.size() == 1);
  CHECK_FALSE(a.views.front().rows.front().time.known());
  CHECK(a.cells.front().val_accuracy.known());
}

TEST_CASE("seeds that differ too much allow no verdict on the clock, and a notice says so") {
  StudyData study = measured_study();
  const auto slow = [&](double scale) {
    for (EvalReading& eval : study.runs.front().evals) eval.train_s *= scale;
  };
  const auto restless = [&] {
    const Analysis a = analyse(kTables, study);
    return std::any_of(a.notices.begin(), a.notices.end(),
                       [](const Notice& notice) { return notice.kind == "restless-machine"; });
  };
  CHECK_FALSE(restless());
  slow(1.05);
  CHECK_FALSE(restless());
  slow(1.2);
  CHECK(restless());
  CHECK(render_markdown(analyse(kTables, study)).find("| cannot tell |") != std::string::npos);
}

TEST_CASE("clocks that cannot be compared say what is missing") {
  StudyData study = measured_study();
  study.measured_network.reset();
  CHECK(render_markdown(analyse(kTables, study)).find("no network is fitted") != std::string::npos);
  study = measured_study();
  study.calibrations.clear();
  CHECK(render_markdown(analyse(kTables, study)).find("no step cost of this machine") !=
        std::string::npos);
  CHECK(analyse(kTables, sample_study(kTables)).clock_check.missing.empty());  // nothing measured
}

TEST_CASE("a model fitted to all other cells predicts the one left out") {
  const Analysis a = analyse(kTables, measured_study());
  REQUIRE(a.forecast.left_out.size() == 5);
  CHECK(a.forecast.fitted);
  REQUIRE(a.forecast.network);
  CHECK(a.forecast.network->latency_s == Approx(kTrue.latency_s).epsilon(1e-3));
  CHECK(a.forecast.network->bandwidth_bytes_s == Approx(kTrue.bandwidth_bytes_s).epsilon(1e-3));
  CHECK(a.forecast.worst_error < 1e-3);
  const auto outside = [&](std::size_t i) { return a.forecast.left_out[i].outside; };
  CHECK(outside(0));        // the smallest H
  CHECK_FALSE(outside(1));  // H = 2 of 1, 4, 8, 16
  CHECK(outside(4));        // the largest H
}

TEST_CASE("a cell that the others do not explain is an error of its size") {
  const Analysis a = analyse(kTables, measured_study(1.25));
  CHECK(a.forecast.left_out.back().error == Approx(1 / 1.25 - 1).epsilon(1e-3));
  CHECK(a.forecast.worst_error >= 0.199);
}

TEST_CASE("what is predicted is what the clock gives for such a course") {
  const Analysis a = analyse(kTables, measured_study());
  const auto row = std::find_if(a.forecast.rows.begin(), a.forecast.rows.end(), [](const auto& r) {
    return r.network == "as measured" && r.H == 4 && r.workers == 2;
  });
  REQUIRE(row != a.forecast.rows.end());
  CHECK_FALSE(row->outside);
  const double rounds = std::ceil(static_cast<double>(row->total_steps) / 4);
  CHECK(row->time_s == Approx(kStep * static_cast<double>(row->total_steps) +
                              rounds * all_reduce_s(kTrue, 2, kPayload))
                           .epsilon(1e-3));
  for (const ForecastRow& other : a.forecast.rows) {
    if (other.network != "as measured" || other.H > 16 || other.workers > 4) CHECK(other.outside);
  }
}

TEST_CASE("exchanges of one kind predict such exchanges, and no network") {
  std::vector<RunData> runs;
  for (const std::int64_t H : {2, 4, 8}) runs.push_back(measured_run(H, 2, 1));
  const Analysis a = analyse(kTables, study_of(std::move(runs)));
  CHECK(a.forecast.fitted);
  CHECK_FALSE(a.forecast.network);
  CHECK(a.forecast.worst_error < 1e-6);
  CHECK(render_markdown(a).find("tell no latency from bandwidth") != std::string::npos);
}

TEST_CASE("without measured cells the error of a prediction is said to be unknown") {
  const Analysis a = analyse(kTables, sample_study(kTables));
  CHECK_FALSE(a.forecast.fitted);
  CHECK(a.forecast.left_out.empty());
  CHECK_FALSE(a.forecast.rows.empty());
  CHECK(render_markdown(a).find("how wrong they are cannot be known") != std::string::npos);
}
