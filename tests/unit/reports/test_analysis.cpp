#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "reports/analysis.hpp"
#include "reports/exporters/exporters.hpp"
#include "tests/unit/reports/sample_study.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
const Tables kTables = Tables::builtin();

Analysis analyse_small(const std::vector<CellSketch>& cells) {
  return analyse(kTables, small_study(kTables, cells));
}

const Cell& cell_named(const Analysis& analysis, const std::string& label) {
  for (const Cell& cell : analysis.cells) {
    if (cell.label == label) return cell;
  }
  FAIL("no cell " << label);
  return analysis.cells.front();
}

const ViewRow& row_of(const Analysis& analysis, const View& view, const std::string& label) {
  for (const ViewRow& row : view.rows) {
    if (analysis.cells[row.cell].label == label) return row;
  }
  FAIL("no row " << label);
  return view.rows.front();
}

bool has_notice(const Analysis& analysis, const std::string& kind) {
  return std::any_of(analysis.notices.begin(), analysis.notices.end(),
                     [&](const Notice& notice) { return notice.kind == kind; });
}

const std::vector<CellSketch> kTwoByTwo{{"sync_sgd", 1, 0.05, {.80, .81, .82}},
                                        {"sync_sgd", 1, 0.1, {.83, .84, .85}},
                                        {"local_sgd", 4, 0.05, {.82, .83, .84}},
                                        {"local_sgd", 4, 0.1, {.78, .79, .80}}};
}  // namespace

TEST_CASE("labels name the algorithm and what varies") {
  const Analysis a = analyse_small(kTwoByTwo);
  REQUIRE(a.cells.size() == 4);
  CHECK(a.cells[0].label == "sync_sgd lr=0.05");
  CHECK(a.cells[3].label == "local_sgd lr=0.1");  // one H only: it does not vary
  CHECK(a.cells[3].short_label == "local_sgd");
  CHECK(a.cells[3].setting == "lr=0.1");
  const Analysis b = analyse_small(
      {{"local_sgd", 16, .1, {.8}}, {"local_sgd", 4, .1, {.8}}, {"slowmo", 16, .1, {.8}}});
  CHECK(b.cells[0].label == "local_sgd H=4");  // by number, not by text
  CHECK(b.cells[1].label == "local_sgd H=16");
  CHECK(b.cells[2].label == "slowmo H=16");  // momentum_buffers=reset follows from the algorithm
}

TEST_CASE(
    "the best on validation of each tuning group is selected, and only its test accuracy is "
    "shown") {
  const Analysis a = analyse_small(kTwoByTwo);
  CHECK_FALSE(cell_named(a, "sync_sgd lr=0.05").selected);
  CHECK(cell_named(a, "sync_sgd lr=0.1").selected);
  CHECK(cell_named(a, "local_sgd lr=0.05").selected);
  CHECK(cell_named(a, "sync_sgd lr=0.1").accuracy.mean == Approx(.83));
  const Cell& other = cell_named(a, "sync_sgd lr=0.05");
  CHECK(other.accuracy.n() == 0);
  for (const SeedResult& seed : other.seeds) CHECK(std::isnan(seed.accuracy));
  CHECK(other.val_accuracy.mean == Approx(.81));
}

namespace {
constexpr double kPlanted = 0.98765;

/// The study with an unmistakable test accuracy in the runs of one cell of each tuning group: of
/// the best on validation, or of the other, which a selection by test accuracy would take.
StudyData planted(bool in_the_best) {
  StudyData study = small_study(kTables, kTwoByTwo);
  for (RunData& run : study.runs) {
    const bool best = (run.config.text("algorithm") == "sync_sgd") == (run.config.real("lr") == .1);
    if (best == in_the_best) run.evals.back().accuracy = kPlanted;
  }
  return study;
}

bool shows_planted(const std::string& output) {
  for (const char* text : {"0.98765", "98.765", "98.77", "98.76", "0.9877"}) {
    if (output.find(text) != std::string::npos) return true;
  }
  return false;
}
}  // namespace

TEST_CASE("a selection by test accuracy would differ, and is not made") {
  const Analysis a = analyse(kTables, planted(false));
  CHECK(cell_named(a, "sync_sgd lr=0.1").selected);
  CHECK(cell_named(a, "local_sgd lr=0.05").selected);
  for (const Exporter& exporter : builtin_exporters()) {
    INFO(exporter.name);
    CHECK_FALSE(shows_planted(exporter.render(a)));
  }
  CHECK_FALSE(shows_planted(terminal_frontier(a, 200, false)));
}

TEST_CASE("the test accuracy of selected cells is in every output") {
  // So that the test above can fail.
  const Analysis a = analyse(kTables, planted(true));
  CHECK(cell_named(a, "sync_sgd lr=0.1").selected);
  for (const Exporter& exporter : builtin_exporters()) {
    INFO(exporter.name);
    CHECK(shows_planted(exporter.render(a)));
  }
  CHECK(shows_planted(terminal_frontier(a, 200, false)));
}

TEST_CASE("a cell with a diverged seed is listed and not eligible") {
  StudyData study = small_study(kTables, kTwoByTwo);
  diverge(study.runs[4]);  // sync_sgd lr=0.1, seed 2: the best cell of its group
  const Analysis a = analyse(kTables, study);
  const Cell& cell = cell_named(a, "sync_sgd lr=0.1");
  CHECK_FALSE(cell.eligible);
  CHECK(cell.diverged == 1);
  CHECK(cell.why_not == "diverged with seed 2");
  CHECK(cell_named(a, "sync_sgd lr=0.05").selected);
  CHECK(has_notice(a, "ineligible"));
  for (const ViewRow& row : a.views.at(0).rows) {
    if (&a.cells[row.cell] == &cell) CHECK_FALSE(row.on_frontier);
  }
  const auto diverged = std::find_if(a.ledger.begin(), a.ledger.end(),
                                     [](const LedgerRow& row) { return row.status == "diverged"; });
  REQUIRE(diverged != a.ledger.end());
  CHECK(diverged->detail == "loss is NaN at step 40");
}

TEST_CASE("H is the mean number of local steps per sync") {
  const Analysis a = analyse_small({{"sync_sgd", 1, .1, {.8}}, {"local_sgd", 16, .1, {.8}}});
  CHECK(a.cells[0].H == 1);
  // 200 steps: twelve rounds of 16 and one of 8.
  REQUIRE(a.cells[1].total_steps == 200);
  CHECK(a.cells[1].H == Approx(200.0 / 13));
  CHECK(a.cells[1].bytes_per_worker == 13 * 12e6);
  CHECK(a.cells[0].bytes_per_worker == 200 * 12e6);
}

TEST_CASE("simulated times are those of the clock") {
  const StudyData study = small_study(kTables, kTwoByTwo);
  const Analysis a = analyse(kTables, study);
  REQUIRE(a.views.size() == 1);
  CHECK(a.views[0].clock == "simulated");
  const Network network = *network_named("10GbE");
  const StepCost cost{.step_s = 0.010, .backward_s = 0.005};
  std::vector<SyncEvent> log;
  for (std::int64_t step = 4; step <= 200; step += 4) log.push_back({.step = step, .bytes = 8e6});
  const double expected = simulate(log, 200, 4, cost, network, {}).total_s;
  const ViewRow& row = row_of(a, a.views[0], "local_sgd lr=0.05");
  CHECK(row.time.mean == Approx(expected).margin(1e-9));
  CHECK(row.parts.compute + row.parts.wait + row.parts.exposed == Approx(row.time.mean));
  CHECK(row.time.n() == 3);
}

TEST_CASE("bytes on the wire are those metered, beside those of the formula") {
  StudyData study = small_study(kTables, {{"local_sgd", 4, .1, {.8, .8, .8}}});
  for (RunData& run : study.runs) {
    run.syncs.push_back(run.syncs.front());  // a second stretch of the log
    run.syncs[0].wire_bytes = 3'000'000'000, run.syncs[1].wire_bytes = 4'000'000'000;
  }
  const Analysis a = analyse(kTables, study);
  CHECK(a.cells.at(0).wire_bytes_per_process == 7e9);
  CHECK(render_markdown(a).find("| 7.00 GB |") != std::string::npos);
  CHECK(render_csv(a).find(",7000000000,") != std::string::npos);
  CHECK(render_json(a).find("\"wire_bytes_per_process\": 7000000000.0") != std::string::npos);
}

TEST_CASE("stragglers of the spec are on the simulated clock, and in the methods") {
  StudyData study =
      small_study(kTables, {{"sync_sgd", 1, .1, {.8, .8, .8}}, {"local_sgd", 4, .1, {.8, .8, .8}}});
  CHECK(render_markdown(analyse(kTables, study)).find("No stragglers are modelled.") !=
        std::string::npos);
  study.report.stragglers = {StragglerSpec::Model::exponential, 0.1};
  const Analysis a = analyse(kTables, study);
  const View& view = a.views.at(0);
  for (const ViewRow& row : view.rows) {
    const Redraw& redraw = a.redraws.at(row.cell);
    const SimulatedTime expected =
        simulate(redraw.logs.at(0), 4, redraw.cost, *view.profile,
                 {Stragglers::Kind::exponential, 0.1 * redraw.cost.step_s});
    CHECK(row.time.mean == Approx(expected.total_s));
    CHECK(row.parts.wait > 0);
    CHECK(a.curves.at(row.cell).points.back().time == Approx(expected.total_s));
  }
  CHECK(render_markdown(a).find("Stragglers, as the spec asks: every step of every worker takes "
                                "longer by an exponentially distributed time, 10 % of a step") !=
        std::string::npos);
  CHECK(render_html(a).find("<option value=\"1\" selected>steps 10 % longer on average") !=
        std::string::npos);
}

TEST_CASE("a network that the spec declares is a view, a preset and a source") {
  StudyData study =
      small_study(kTables, {{"sync_sgd", 1, .1, {.8, .8, .8}}, {"local_sgd", 4, .1, {.8, .8, .8}}});
  study.report.networks = {"10GbE", "lab"};
  study.report.declared = {{"lab", 5, 12.5}};
  const Analysis a = analyse(kTables, study);
  REQUIRE(a.views.size() == 2);
  const View& view = a.views[1];
  REQUIRE(view.profile);
  CHECK(view.profile->latency_s == Approx(5e-6));
  CHECK(view.profile->bandwidth_bytes_s == Approx(12.5e9));
  const Network same{"", 5e-6, 12.5e9, ""};
  const Redraw& redraw = a.redraws.at(1);
  CHECK(row_of(a, view, "local_sgd").time.mean ==
        Approx(simulate(redraw.logs.at(0), 4, redraw.cost, same, {}).total_s));
  CHECK(render_markdown(a).find("declared in the spec") != std::string::npos);
  CHECK(render_html(a).find("aria-pressed=\"false\">lab</button>") != std::string::npos);
  CHECK(render_csv(a).find(",simulated,lab,") != std::string::npos);
  CHECK_FALSE(has_notice(a, "unknown-network"));
}

TEST_CASE("identities that were tried alike are one row, and one that does not hold is a problem") {
  StudyData study = small_study(kTables, kTwoByTwo);
  Certificate certificate{.key = "mlp", .machine = "node1 CPU", .trainer = "abc"};
  for (const char* algorithm : {"local_sgd", "slowmo"}) {
    certificate.checks.push_back({"resume", algorithm, "A resumed run ends alike.", 0, 0});
  }
  certificate.checks.push_back({"one worker", "", "One worker is serial.", 1e-16, 1e-9});
  study.certificates = {certificate};
  Analysis a = analyse(kTables, study);
  REQUIRE(a.certificates.size() == 2);
  CHECK(a.certificates[0].algorithms == std::vector<std::string>{"local_sgd", "slowmo"});
  CHECK(a.certificates[1].algorithms.empty());
  CHECK_FALSE(has_notice(a, "identity"));

  study.certificates[0].checks[1].deviation = std::numeric_limits<double>::infinity();
  a = analyse(kTables, study);
  CHECK_FALSE(a.certificates[0].held);
  CHECK(a.certificates[1].held);
  CHECK(has_notice(a, "identity"));
}

TEST_CASE("without a calibration there is no simulated time, and the report says what to run") {
  StudyData study = small_study(kTables, kTwoByTwo);
  study.calibrations.clear();
  const Analysis a = analyse(kTables, study);
  for (const ViewRow& row : a.views.at(0).rows) CHECK(row.time.n() == 0);
  CHECK(a.views[0].frontier.empty());
  const auto notice = std::find_if(a.notices.begin(), a.notices.end(),
                                   [](const Notice& n) { return n.kind == "no-calibration"; });
  REQUIRE(notice != a.notices.end());
  CHECK(notice->text.find("lockstep calibrate small") != std::string::npos);
  CHECK(notice->level == Notice::Level::problem);
}

TEST_CASE(
    "a step cost of another device is not taken, one of another host with the same device is "
    "named") {
  StudyData study = small_study(kTables, kTwoByTwo);
  for (Calibration& c : study.calibrations) c.machine = "node1, Other CPU";
  CHECK(has_notice(analyse(kTables, study), "no-calibration"));
  for (Calibration& c : study.calibrations) c.machine = "node12, Example CPU 2.0 GHz";
  const Analysis a = analyse(kTables, study);
  CHECK_FALSE(has_notice(a, "no-calibration"));
  CHECK(has_notice(a, "other-host"));
}

TEST_CASE("the measured clock needs a process per worker and an exclusive machine") {
  StudyData study = small_study(kTables, kTwoByTwo);
  for (RunData& run : study.runs) {
    run.header->exclusive = true;
    run.header->processes = 4;
  }
  Analysis a = analyse(kTables, study);
  REQUIRE(a.views.size() == 2);
  CHECK(a.views[0].clock == "measured");
  CHECK(a.views[0].rows.size() == 4);
  CHECK(a.views[0].rows[0].time.mean == Approx(0.012 * 200));
  study.runs[0].header->exclusive = false;  // sync_sgd lr=0.05
  study.runs[9].header->processes = 2;      // local_sgd lr=0.1
  a = analyse(kTables, study);
  CHECK(a.views[0].rows.size() == 2);
  for (RunData& run : study.runs) run.header->exclusive = false;
  CHECK(analyse(kTables, study).views.size() == 1);
}

TEST_CASE("parts of the measured clock sum to the whole") {
  StudyData study = small_study(kTables, kTwoByTwo);
  for (RunData& run : study.runs) run.header->exclusive = true, run.header->processes = 4;
  const Analysis a = analyse(kTables, study);
  for (const ViewRow& row : a.views[0].rows) {
    const TimeParts& p = row.parts;
    CHECK(p.data + p.compute + p.wait + p.exposed + p.other == Approx(row.time.mean));
  }
}

TEST_CASE("a measured network that was never fitted is said to be missing") {
  StudyData study = small_study(kTables, kTwoByTwo);
  study.report.networks = {"measured", "no-such-network", "10GbE", "10GbE"};
  const Analysis a = analyse(kTables, study);
  CHECK(has_notice(a, "no-network"));
  CHECK(has_notice(a, "unknown-network"));
  CHECK(a.views.size() == 1);  // named twice, drawn once
}

TEST_CASE("a cell that mixes devices is refused") {
  StudyData study = small_study(kTables, kTwoByTwo);
  study.runs[0].header->device_name = "Other CPU";
  const Analysis a = analyse(kTables, study);
  const Cell& cell = cell_named(a, "sync_sgd lr=0.05");
  CHECK_FALSE(cell.eligible);
  CHECK(cell.why_not.find("mix devices") != std::string::npos);
  CHECK(has_notice(a, "mixed-cell"));
  CHECK(has_notice(a, "mixed-devices"));
}

TEST_CASE("a cell that mixes data is refused") {
  StudyData study = small_study(kTables, kTwoByTwo);
  study.runs[0].header->data_sha256["train"] = std::string(64, 'b');
  CHECK_FALSE(cell_named(analyse(kTables, study), "sync_sgd lr=0.05").eligible);
}

TEST_CASE("each guard fires where it should, and only there") {
  const auto fires = [](const std::vector<CellSketch>& cells, const std::string& kind) {
    return has_notice(analyse_small(cells), kind);
  };
  const std::vector<double> mid{.83, .84, .85}, low{.80, .81, .82};
  const std::vector<CellSketch> three{
      {"sync_sgd", 1, .05, low}, {"sync_sgd", 1, .1, mid}, {"sync_sgd", 1, .2, low}};
  CHECK_FALSE(fires(three, "edge-of-grid"));
  CHECK(fires({three[0], three[1]}, "edge-of-grid"));
  CHECK_FALSE(fires({three[0]}, "edge-of-grid"));

  CHECK_FALSE(fires(kTwoByTwo, "unequal-grids"));
  CHECK(fires({kTwoByTwo[0], kTwoByTwo[1], kTwoByTwo[2]}, "unequal-grids"));

  CHECK_FALSE(fires(kTwoByTwo, "unequal-seeds"));
  CHECK(fires({{"sync_sgd", 1, .1, mid}, {"local_sgd", 4, .1, {.8, .8}}}, "unequal-seeds"));

  CHECK_FALSE(fires(kTwoByTwo, "few-seeds"));
  CHECK(fires({{"sync_sgd", 1, .1, {.8, .8}}}, "few-seeds"));

  CHECK_FALSE(fires({{"sync_sgd", 1, .1, mid}, {"local_sgd", 4, .1, mid}}, "effective-lr"));
  CHECK(fires({{"sync_sgd", 1, .1, mid}, {"slowmo", 16, .1, mid}}, "effective-lr"));
  CHECK_FALSE(fires(kTwoByTwo, "incomplete"));
}

TEST_CASE("runs that have no result are counted and make the report provisional") {
  StudyData study = small_study(kTables, kTwoByTwo);
  RunSketch sketch{.parameters = {{"algorithm", std::string("sync_sgd")},
                                  {"lr", 0.1},
                                  {"seed", std::int64_t{9}}}};
  study.runs.push_back(planned_run(kTables, sketch));
  const Analysis a = analyse(kTables, study);
  CHECK(has_notice(a, "incomplete"));
  CHECK(a.ledger.size() == 13);
  CHECK(cell_named(a, "sync_sgd lr=0.1").planned == 4);
  CHECK(cell_named(a, "sync_sgd lr=0.1").seeds.size() == 3);
}

TEST_CASE("time to accuracy: reached, never, still on the way") {
  StudyData study = small_study(kTables, {{"sync_sgd", 1, .1, {.80, .80, .70, .80}}});
  study.report.targets = {.79};
  RunData& open = study.runs[3];
  open.done = false;
  open.end_reason.clear();
  open.evals.resize(2);
  const Analysis a = analyse(kTables, study);
  const TargetRow& row = a.views.at(0).targets.back();
  const auto asked = std::find_if(a.views[0].targets.begin(), a.views[0].targets.end(),
                                  [](const TargetRow& r) { return r.origin == "asked"; });
  REQUIRE(asked != a.views[0].targets.end());
  CHECK(asked->survival.n == 4);
  CHECK(asked->survival.reached == 2);
  CHECK(asked->survival.success_rate == 0.5);
  CHECK(std::isfinite(asked->survival.median));
  CHECK(row.survival.bound == a.views[0].reference.time);
}

TEST_CASE("an evaluation reaches the target at its own time, not at the end") {
  StudyData study = small_study(kTables, {{"sync_sgd", 1, .1, {.80, .80, .80}}});
  study.report.targets = {.70};  // 0.8 x (0.6 + 0.4 x 0.64) = 0.6848 at 2/5, 0.7488 at 3/5
  const Analysis a = analyse(kTables, study);
  const auto asked = std::find_if(a.views[0].targets.begin(), a.views[0].targets.end(),
                                  [](const TargetRow& r) { return r.origin == "asked"; });
  CHECK(asked->survival.median == Approx(0.6 * a.views[0].rows[0].time.mean));
}

namespace {
const TargetRow& asked_of(const Analysis& analysis, const std::string& label) {
  for (const TargetRow& row : analysis.views.at(0).targets) {
    if (row.origin == "asked" && analysis.cells[row.cell].label == label) return row;
  }
  FAIL("no target of " << label);
  return analysis.views.front().targets.front();
}
}  // namespace

TEST_CASE("an accuracy between syncs pays for the average it is read from") {
  // 0.8 x (0.6 + 0.4 x 0.36) = 0.595 at step 40 of 200: before the first sync of H = 64.
  StudyData study = small_study(
      kTables, {{"local_sgd", 64, .1, {.8, .8, .8}}, {"local_sgd", 4, .1, {.8, .8, .8}}});
  study.report.targets = {.59};
  study.report.networks = {"1GbE"};
  Analysis a = analyse(kTables, study);
  const Network network = *network_named("1GbE");
  const double exchange = all_reduce_s(network, 4, 8e6);
  REQUIRE(exchange > 0.01);
  CHECK(asked_of(a, "local_sgd H=64").survival.median == Approx(40 * 0.010 + exchange));
  // On a sync the clock has the exchange already.
  CHECK(asked_of(a, "local_sgd H=4").survival.median == Approx(40 * 0.010 + 10 * exchange));
  for (RunData& run : study.runs) run.header->exclusive = true, run.header->processes = 4;
  a = analyse(kTables, study);
  REQUIRE(a.views.at(0).clock == "measured");
  CHECK(asked_of(a, "local_sgd H=64").survival.median == Approx(40 * 0.012 + 0.004));
  CHECK(asked_of(a, "local_sgd H=4").survival.median == Approx(40 * 0.012));
}

TEST_CASE("cells whose accuracies cannot be told apart are marked as tied") {
  const auto tie_of = [](const std::vector<double>& local, const std::string& label) {
    StudyData study =
        small_study(kTables, {{"sync_sgd", 1, .1, {.84, .85, .86}}, {"local_sgd", 16, .1, local}});
    study.report.networks = {"1GbE"};
    const Analysis a = analyse(kTables, study);
    const ViewRow& row = row_of(a, a.views.at(0), label);
    CHECK(row.tied_with.size() == (row.tied.value_or(false) ? 1U : 0U));
    return row.tied;
  };
  for (const char* label : {"sync_sgd", "local_sgd"}) {
    INFO(label);
    CHECK(tie_of({.83, .851, .85}, label) == true);
    // The seeds go up and down together: differences of 0.010, 0.011 and 0.009.
    CHECK(tie_of({.830, .839, .851}, label) == false);
    CHECK(tie_of({.84, .85}, label) == std::nullopt);  // two common seeds: nothing can be said
  }
}

TEST_CASE("a dominated cell is tied with the neighbours on the frontier, not with others") {
  StudyData study = small_study(kTables, {{"sync_sgd", 1, .1, {.90, .90, .91}},
                                          {"local_sgd", 16, .1, {.85, .86, .87}},
                                          {"local_sgd", 4, .1, {.86, .84, .86}}});
  study.report.networks = {"1GbE"};
  const Analysis a = analyse(kTables, study);
  const View& view = a.views.at(0);
  const ViewRow& dominated = row_of(a, view, "local_sgd H=4");
  REQUIRE_FALSE(dominated.on_frontier);
  REQUIRE(dominated.tied == true);
  REQUIRE(dominated.tied_with.size() == 1);
  CHECK(a.cells[view.rows[dominated.tied_with[0]].cell].label == "local_sgd H=16");
  CHECK(row_of(a, view, "sync_sgd").tied == false);
}

TEST_CASE("cells are compared with their baselines at common seeds") {
  const Analysis a = analyse_small({{"sync_sgd", 1, .1, {.84, .85, .86}},
                                    {"local_sgd", 4, .1, {.85, .86, .87}},
                                    {"local_sgd", 16, .1, {.81, .82, .83, .90}},
                                    {"slowmo", 16, .1, {.83, .82, .82}}});
  REQUIRE(a.differences.size() == 4);
  const auto pair = [&](std::size_t i) {
    const DifferenceRow& row = a.differences[i];
    return a.cells[row.cell].label + " - " + a.cells[row.baseline].label;
  };
  CHECK(pair(0) == "local_sgd H=4 - sync_sgd");
  CHECK(pair(1) == "local_sgd H=16 - sync_sgd");
  CHECK(pair(2) == "slowmo H=16 - sync_sgd");
  CHECK(pair(3) == "slowmo H=16 - local_sgd H=16");
  CHECK(a.differences[0].difference.mean == Approx(.01));
  CHECK(a.differences[1].difference.n() == 3);  // seed 4 has no partner
  CHECK(a.differences[1].difference.mean == Approx(-.03));
  CHECK(a.differences[0].p == 0.25);
  CHECK(a.differences[0].adjusted_p == 1);
  CHECK(render_markdown(a).find("0.25 with 3") != std::string::npos);
}

TEST_CASE("without synchronous SGD, the cell with the smallest H is the baseline") {
  const std::vector<double> mid{.84, .85, .86};
  StudyData study = small_study(kTables, {{"local_sgd", 16, .1, {.81, .82, .83}},
                                          {"local_sgd", 2, .1, mid},
                                          {"slowmo", 16, .1, mid},
                                          {"slowmo", 2, .1, mid}});
  study.runs.erase(study.runs.begin() + 1, study.runs.begin() + 3);  // H = 16: seed 1 alone
  const Analysis a = analyse(kTables, study);
  std::vector<std::string> pairs;
  for (const DifferenceRow& row : a.differences) {
    pairs.push_back(a.cells[row.cell].label + " - " + a.cells[row.baseline].label);
    CHECK(row.baseline_stands_in == (a.cells[row.baseline].label == "local_sgd H=2"));
  }
  // Of equal H the first in the table's order; slowmo against local_sgd of its H, but never twice.
  CHECK(pairs ==
        std::vector<std::string>{"local_sgd H=16 - local_sgd H=2", "slowmo H=2 - local_sgd H=2",
                                 "slowmo H=16 - local_sgd H=2", "slowmo H=16 - local_sgd H=16"});
  CHECK(a.differences.at(0).difference.n() == 1);
  CHECK(a.differences.at(2).p == 1);
  CHECK_FALSE(a.power.empty());
  for (const TargetRow& row : a.views.at(0).targets)
    CHECK(row.origin.find("% of local_sgd H=2") != std::string::npos);
  CHECK_FALSE(a.views.at(0).targets.empty());
  const std::string text = render_markdown(a);
  CHECK(text.find("There is no sync_sgd to compare with, so the baseline is the cell with the "
                  "fewest local steps per sync among those with the same workers, model, data and "
                  "length: local_sgd H=2.") != std::string::npos);
  CHECK(render_html(a).find("faster than the baseline") != std::string::npos);
}

TEST_CASE("a baseline has the same workers as what it is compared with") {
  StudyData study = small_study(
      kTables, {{"sync_sgd", 1, .1, {.84, .85, .86}}, {"local_sgd", 4, .1, {.84, .85, .86}}});
  for (const std::int64_t H : {8, 16}) {
    for (const std::int64_t seed : {1, 2, 3}) {
      study.runs.push_back(finished_run(kTables, {.parameters = {{"algorithm", "local_sgd"},
                                                                 {"lr", .1},
                                                                 {"H", H},
                                                                 {"workers", std::int64_t{8}},
                                                                 {"seed", seed}}}));
    }
  }
  const Analysis a = analyse(kTables, study);
  REQUIRE(a.differences.size() == 2);
  CHECK(a.cells[a.differences[0].baseline].algorithm == "sync_sgd");
  CHECK_FALSE(a.differences[0].baseline_stands_in);
  CHECK(a.cells[a.differences[1].baseline].label == "local_sgd H=8 W=8");
  CHECK(a.cells[a.differences[1].cell].label == "local_sgd H=16 W=8");
}

TEST_CASE("the frontier of a view is that of its points") {
  const Analysis a = analyse(kTables, sample_study(kTables));
  REQUIRE(a.views.size() == 4);
  for (const View& view : a.views) {
    for (const ViewRow& row : view.rows) {
      const Cell& cell = a.cells[row.cell];
      if (!cell.selected) {
        CHECK_FALSE(row.on_frontier);
        continue;
      }
      const Point own{row.time.mean, cell.accuracy.mean};
      const bool beaten =
          std::any_of(view.rows.begin(), view.rows.end(), [&](const ViewRow& other) {
            const Cell& rival = a.cells[other.cell];
            return rival.selected && dominates({other.time.mean, rival.accuracy.mean}, own);
          });
      CHECK(row.on_frontier == !beaten);
    }
  }
}

TEST_CASE("a slow network moves the frontier towards fewer syncs") {
  const Analysis a = analyse(kTables, sample_study(kTables));
  const auto time_of = [&](std::size_t view, const std::string& label) {
    return row_of(a, a.views[view], label).time.mean;
  };
  const auto ratio = [&](std::size_t view) {
    return time_of(view, "sync_sgd lr=0.1") / time_of(view, "local_sgd H=16 lr=0.1");
  };
  REQUIRE(a.views[1].network == "10GbE");
  REQUIRE(a.views[3].network == "NVLink");
  CHECK(ratio(1) >= ratio(3));
}

TEST_CASE("rounding does not decide who is faster") {
  // On a fast network sync_sgd and cocod hide all their communication: equal times, so accuracy
  // decides.
  StudyData study =
      small_study(kTables, {{"sync_sgd", 1, .1, {.87, .87}}, {"cocod", 8, .1, {.85, .85}}});
  study.report.networks = {"100GbE"};
  const Analysis a = analyse(kTables, study);
  REQUIRE(a.views.at(0).rows.size() == 2);
  CHECK(a.views[0].rows[0].time.mean == a.views[0].rows[1].time.mean);
  CHECK(a.views[0].rows[0].on_frontier);
  CHECK_FALSE(a.views[0].rows[1].on_frontier);
}

TEST_CASE("attainment: levels at the median's corners, and the seeds left out are named") {
  StudyData study = small_study(
      kTables, {{"sync_sgd", 1, .1, {.84, .85, .86}}, {"local_sgd", 16, .1, {.80, .81, .82, .83}}});
  study.report.networks = {"1GbE"};
  const Analysis a = analyse(kTables, study);
  const View& view = a.views.at(0);
  const double fast = row_of(a, view, "local_sgd").time.mean,
               slow = row_of(a, view, "sync_sgd").time.mean;
  REQUIRE(fast < slow);
  REQUIRE(view.attainment.size() == 2);  // test accuracy: 0.01 below validation
  const AttainmentRow &low = view.attainment[0], &high = view.attainment[1];
  CHECK(low.accuracy == Approx(.80));
  CHECK((low.best_s == fast && low.median_s == fast && low.worst_s == slow));
  CHECK(high.accuracy == Approx(.84));
  CHECK((high.best_s == slow && high.median_s == slow && std::isinf(high.worst_s)));
  REQUIRE(view.left_out_seeds.size() == 1);
  CHECK(view.left_out_seeds[0].seed == 4);
  CHECK(a.cells[view.left_out_seeds[0].missing.at(0)].label == "sync_sgd");
  for (const std::string& text : {render_markdown(a), render_html(a)}) {
    CHECK(text.find("Left out of the 3 common seeds: seed 4 (not finished: sync_sgd).") !=
          std::string::npos);
    CHECK(text.find("not attained") != std::string::npos);
  }
  CHECK(render_svg(a).find("attainment: median over 3 seeds") != std::string::npos);
}

TEST_CASE("no seed in common: no surface, and the report says which are missing") {
  StudyData study =
      small_study(kTables, {{"sync_sgd", 1, .1, {.84, .85}}, {"local_sgd", 16, .1, {.80, .81}}});
  study.runs.erase(study.runs.begin());      // sync_sgd seed 1
  study.runs.erase(study.runs.begin() + 2);  // local_sgd seed 2
  const Analysis a = analyse(kTables, study);
  CHECK(a.views.at(0).attainment.empty());
  CHECK(render_markdown(a).find("Left out of the 0 common seeds: seed 1 (not finished: sync_sgd); "
                                "seed 2 (not finished: local_sgd).") != std::string::npos);
}

TEST_CASE("hypervolume shares are those of parts of the whole") {
  const Analysis a = analyse(kTables, sample_study(kTables));
  for (const View& view : a.views) {
    REQUIRE(!view.hypervolumes.empty());
    CHECK(view.hypervolumes[0].share == Approx(1));
    for (const HypervolumeRow& row : view.hypervolumes) {
      CHECK(row.share <= 1 + 1e-12);
      CHECK(row.share > 0);
    }
    CHECK(view.reference.accuracy == Approx(0.1));  // ten classes
  }
}

TEST_CASE("an empty study and one that has not begun are analysed too") {
  CHECK(analyse(kTables, StudyData{}).cells.empty());
  StudyData study = small_study(kTables, kTwoByTwo);
  for (RunData& run : study.runs) {
    RunData fresh;
    fresh.id = run.id, fresh.cell = run.cell, fresh.config = run.config;
    run = fresh;
  }
  const Analysis a = analyse(kTables, study);
  CHECK(a.ledger.size() == study.runs.size());
  CHECK(a.ledger[0].status == "not started");
  CHECK(a.views.at(0).frontier.empty());
  CHECK(std::isnan(a.cells[0].H));
}

TEST_CASE("odd data do not throw") {
  StudyData study = small_study(kTables, kTwoByTwo);
  study.runs[0].evals.clear();
  study.runs[1].syncs.clear();
  study.runs[2].header.reset();
  study.runs[3].evals.back().accuracy = NAN;
  study.runs[4].syncs.push_back(study.runs[4].syncs[0]);  // twice the same steps
  study.runs[5].syncs[0].period = 0;
  study.runs[6].config = study.runs[6].config.without("seed");
  std::reverse(study.runs[7].syncs.begin(), study.runs[7].syncs.end());
  study.runs[8].syncs[0].count = -5;
  const Analysis a = analyse(kTables, study);
  CHECK_FALSE(cell_named(a, "sync_sgd lr=0.05").eligible);
  for (const Exporter& exporter : builtin_exporters()) CHECK(!exporter.render(a).empty());
}

TEST_CASE("at equal cost: the last evaluation within what every cell has had") {
  StudyData study = small_study(
      kTables, {{"sync_sgd", 1, .1, {.80, .80, .80}}, {"local_sgd", 16, .1, {.80, .80, .80}}});
  study.report.networks = {"1GbE"};
  const Analysis a = analyse(kTables, study);
  REQUIRE(a.matched.rows.size() == 2);
  const MatchedRow &sync = a.matched.rows[0], &local = a.matched.rows[1];
  CHECK(a.matched.samples == 200 * 4 * 32);
  CHECK(a.matched.time_s == row_of(a, a.views.at(0), "local_sgd").time.mean);
  CHECK(a.matched.bytes == 13 * 12e6);
  CHECK(sync.at_samples == Approx(.80));
  CHECK(local.at_time == Approx(.80));
  CHECK(std::isnan(sync.at_bytes));  // its first evaluation, after 40 steps, is beyond 13 exchanges
  CHECK(std::isnan(sync.at_time) == (a.curves[0].points[0].time > a.matched.time_s));
  CHECK(a.curves[1].points.back().rounds == 13);
  CHECK(a.curves[1].points.back().samples == a.matched.samples);
  CHECK(render_markdown(a).find("## At equal cost") != std::string::npos);
}

TEST_CASE("tuning at equal effort: the first entry is the mean of what was tried") {
  const Analysis a = analyse_small(kTwoByTwo);
  REQUIRE(a.expected_best.size() == 2);
  CHECK(a.expected_best[0].by_settings[0] == Approx((.81 + .84) / 2));
  CHECK(a.expected_best[0].by_settings[1] == Approx(.25 * .81 + .75 * .84));
}
