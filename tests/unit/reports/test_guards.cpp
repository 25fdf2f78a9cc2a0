// Each guard by a study that it must speak on, and one that it must be silent on; and none of them
// can be overlooked in any output.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <random>

#include "reports/exporters/exporters.hpp"
#include "reports/report.hpp"
#include "tests/unit/reports/sample_study.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
const Tables kTables = Tables::builtin();

const std::vector<CellSketch> kFair{
    {"sync_sgd", 1, 0.05, {.80, .81, .82}}, {"sync_sgd", 1, 0.1, {.83, .84, .85}},
    {"sync_sgd", 1, 0.2, {.80, .81, .82}},  {"local_sgd", 4, 0.05, {.78, .79, .80}},
    {"local_sgd", 4, 0.1, {.82, .83, .84}}, {"local_sgd", 4, 0.2, {.78, .79, .80}}};

StudyData fair() { return small_study(kTables, kFair); }

StudyData measured() {
  StudyData study = fair();
  for (RunData& run : study.runs) run.header->exclusive = true, run.header->processes = 4;
  return study;
}

/// Resolves a run's configuration anew with other values; it keeps its records.
void change(RunData& run, const std::map<std::string, Value>& values) {
  std::map<std::string, Value> given = run.config.values();
  std::erase_if(given, [](const auto& entry) { return entry.first.ends_with("_revision"); });
  for (const auto& [name, value] : values) given[name] = value;
  const Resolution resolution = resolve(kTables, given);
  REQUIRE(resolution.problems.empty());
  run.config = resolution.config;
}

bool is_local(const RunData& run) { return run.config.text("algorithm") == "local_sgd"; }

void each_local(StudyData& study, const std::function<void(RunData&)>& act) {
  for (RunData& run : study.runs) {
    if (is_local(run)) act(run);
  }
}

struct Fixture {
  const char* kind;
  Notice::Level level;
  std::function<StudyData()> study;
};

StudyData with(StudyData study, const std::function<void(StudyData&)>& act) {
  act(study);
  return study;
}

/// Local SGD with 4 workers and another cell with 8 and a batch that makes up for them.
StudyData scaled() {
  StudyData study = fair();
  for (std::size_t i = 12; i < 15; ++i) {  // local_sgd lr=0.1
    RunData more = study.runs[i];
    change(more, {{"workers", std::int64_t{8}}, {"batch_per_worker", std::int64_t{16}}});
    more.id[0] = more.id[0] == 'f' ? '0' : 'f';
    more.cell = "ffffffffffff";
    study.runs.push_back(more);
  }
  return study;
}

/// Every measured time of a run becomes so much longer.
void slow(RunData& run, double times) {
  for (EvalReading& eval : run.evals) eval.train_s *= times;
}

std::int64_t seed_of(const RunData& run) { return run.config.integer("seed"); }

/// The third seed of every cell on node2, where steps take so many times as long.
StudyData on_two_hosts(double times) {
  return with(measured(), [&](StudyData& s) {
    for (RunData& run : s.runs) {
      if (seed_of(run) == 3) run.header->host = "node2", slow(run, times);
    }
  });
}

const Notice::Level kProblem = Notice::Level::problem, kWarning = Notice::Level::warning;

const std::vector<Fixture> kFixtures{
    {"unequal-grids", kProblem,
     [] {
       return small_study(kTables, {kFair[0], kFair[1], kFair[2], kFair[4]});
     }},
    {"unequal-grids-compared", kProblem,
     [] {
       return with(small_study(kTables, {kFair[0], kFair[1], kFair[2], kFair[4]}),
                   [](StudyData& s) { s.report.compare_unequal = true; });
     }},
    {"edge-of-grid", kWarning,
     [] {
       return small_study(kTables, {kFair[0], kFair[1], kFair[3], kFair[4]});
     }},
    {"unequal-seeds", kWarning,
     [] { return with(fair(), [](StudyData& s) { s.runs.erase(s.runs.begin() + 3); }); }},
    {"incomplete", kWarning,
     [] {
       return with(fair(), [](StudyData& s) {
         s.runs[3].done = false;
         s.runs[3].end_reason = "lost";
       });
     }},
    {"stopped-early", kWarning,
     [] {
       return with(fair(), [](StudyData& s) {
         s.runs[3].done = false;
         s.runs[3].stopped_early = "dominated";
       });
     }},
    {"effective-lr", kWarning,
     [] {
       return small_study(kTables,
                          {{"sync_sgd", 1, .1, {.8, .8, .8}}, {"local_sgd", 4, .05, {.8, .8, .8}}});
     }},
    {"mixed-cell", kProblem,
     [] {
       return with(fair(), [](StudyData& s) { s.runs[3].header->device_name = "Other CPU"; });
     }},
    {"mixed-devices", kWarning,
     [] {
       return with(fair(), [](StudyData& s) {
         each_local(s, [](RunData& run) { run.header->device_name = "Other CPU"; });
       });
     }},
    {"mixed-data", kProblem,
     [] {
       return with(fair(), [](StudyData& s) {
         each_local(s, [](RunData& run) { run.header->data_sha256["train"] = "bbbb"; });
       });
     }},
    {"mixed-determinism", kWarning,
     [] {
       return with(fair(), [](StudyData& s) {
         each_local(s, [](RunData& run) { run.header->determinism = "L0"; });
       });
     }},
    {"mixed-determinism", kProblem,
     [] { return with(fair(), [](StudyData& s) { s.runs[3].header->determinism = "L0"; }); }},
    {"mixed-builds", kWarning,
     [] {
       return with(fair(), [](StudyData& s) {
         each_local(s, [](RunData& run) { run.header->build = "0.1.0 other"; });
       });
     }},
    {"mixed-builds", kProblem,
     [] { return with(fair(), [](StudyData& s) { s.runs[3].header->build = "0.1.0 other"; }); }},
    {"mixed-libraries", kWarning,
     [] {
       return with(fair(), [](StudyData& s) {
         each_local(s, [](RunData& run) { run.header->libraries["torch"] = "2.11"; });
       });
     }},
    {"mixed-hosts", kWarning,
     [] {
       return with(measured(), [](StudyData& s) {
         each_local(s, [](RunData& run) { run.header->host = "node2"; });
       });
     }},
    {"not-measured", kWarning,
     [] {
       return with(measured(), [](StudyData& s) {
         each_local(s, [](RunData& run) { run.header->exclusive = false; });
       });
     }},
    {"loaded-machine", kWarning,
     [] { return with(measured(), [](StudyData& s) { s.runs[4].header->other_load = 0.8; }); }},
    {"slow-host", kWarning, [] { return on_two_hosts(1.2); }},
    {"slow-run", kWarning,
     [] { return with(measured(), [](StudyData& s) { slow(s.runs[4], 1.3); }); }},
    {"wide-calibration", kWarning,
     [] { return with(fair(), [](StudyData& s) { s.calibrations[0].p90_s = 0.02; }); }},
    {"confounded", kWarning,
     [] {
       return with(fair(), [](StudyData& s) {
         each_local(s, [](RunData& run) { change(run, {{"epochs", std::int64_t{3}}}); });
       });
     }},
    {"schedules", kWarning,
     [] {
       return with(fair(), [](StudyData& s) {
         each_local(s, [](RunData& run) { change(run, {{"lr_schedule", std::string("cosine")}}); });
       });
     }},
    {"scaled-with-workers", kWarning, scaled},
    {"accounting", kProblem,
     [] { return with(fair(), [](StudyData& s) { s.runs[3].accounting.other_s += 0.2; }); }},
};

const Notice* notice_of(const Analysis& analysis, const std::string& kind) {
  const auto found = std::find_if(analysis.notices.begin(), analysis.notices.end(),
                                  [&](const Notice& notice) { return notice.kind == kind; });
  return found == analysis.notices.end() ? nullptr : &*found;
}

const DifferenceRow& only_difference(const Analysis& analysis) {
  REQUIRE(analysis.differences.size() == 1);
  return analysis.differences.front();
}
}  // namespace

TEST_CASE("a fair study on one machine raises no guard") {
  for (const StudyData& study : {fair(), measured()}) {
    const Analysis analysis = analyse(kTables, study);
    for (const Notice& notice : analysis.notices) UNSCOPED_INFO(notice.text);
    CHECK(analysis.notices.empty());
    CHECK(only_difference(analysis).confounds.empty());
  }
}

TEST_CASE("each guard fires in its fixture, and is in every output") {
  for (const Fixture& fixture : kFixtures) {
    INFO(fixture.kind);
    const Analysis analysis = analyse(kTables, fixture.study());
    const Notice* notice = notice_of(analysis, fixture.kind);
    REQUIRE(notice);
    CHECK(notice->level == fixture.level);
    for (const Exporter& exporter : builtin_exporters()) {
      INFO(exporter.name);
      CHECK(exporter.render(analysis).find(fixture.kind) != std::string::npos);
    }
    const std::string terminal = terminal_frontier(analysis, 400, false);
    CHECK(terminal.find(fixture.kind) < terminal.find('\n'));  // in the first line
  }
}

TEST_CASE("a slow host is named with its runs, and by how much") {
  const Analysis analysis = analyse(kTables, on_two_hosts(1.2));
  const Notice* notice = notice_of(analysis, "slow-host");
  REQUIRE(notice);
  CHECK(notice->text.find("On node2, a step takes 20 % longer") == 0);
  CHECK(notice->text.find("median of 6 runs") != std::string::npos);
  CHECK(notice->cells.size() == 6);
  for (const RunData& run : on_two_hosts(1).runs)
    CHECK((notice->text.find(run.id.substr(0, 12)) != std::string::npos) == (seed_of(run) == 3));
  CHECK_FALSE(notice_of(analysis, "slow-run"));  // all of them are slow: it is the host
}

TEST_CASE("hosts and runs that are not consistently slower are not accused") {
  const auto silent = [](const StudyData& study) {
    const Analysis analysis = analyse(kTables, study);
    const Notice *host = notice_of(analysis, "slow-host"), *run = notice_of(analysis, "slow-run");
    CHECK((host ? host->text : "") == "");
    CHECK((run ? run->text : "") == "");
  };
  silent(on_two_hosts(1));
  silent(on_two_hosts(1.05));  // less than the clock is held to
  silent(with(on_two_hosts(1.2), [](StudyData& s) {
    std::erase_if(s.runs, [](const RunData& run) { return seed_of(run) == 3 && is_local(run); });
  }));  // three runs are not enough
  silent(with(measured(), [](StudyData& s) {
    each_local(s, [](RunData& run) { run.header->host = "node2", slow(run, 2); });
  }));  // whole cells: nothing to hold them against
  silent(with(on_two_hosts(1.5), [](StudyData& s) {
    for (RunData& run : s.runs) run.header->exclusive = false;
  }));  // no measured clock
  silent(with(on_two_hosts(1.5), [](StudyData& s) {
    for (RunData& run : s.runs) run.header->resumed_from.emplace();
  }));  // their seconds may be those of several hosts
  silent(with(measured(), [](StudyData& s) { slow(s.runs[4], 1.08); }));
}

TEST_CASE("times that only scatter raise no guard of pace, a slow host among them does") {
  std::mt19937_64 source(11);
  std::normal_distribution<double> noise(0, 0.05);
  int accused = 0, found = 0, wrong = 0;
  constexpr int kStudies = 200;
  for (int trial = 0; trial < kStudies; ++trial) {
    for (const bool with_slow : {false, true}) {
      StudyData study = measured();
      for (std::size_t i = 0; i < study.runs.size(); ++i) {
        RunData& run = study.runs[i];
        run.header->host = fmt::format("node{}", source() % 3);
        slow(run, std::exp(noise(source)));
        if (with_slow && run.header->host == "node1") slow(run, 1.3);
      }
      const Analysis analysis = analyse(kTables, study);
      const Notice* notice = notice_of(analysis, "slow-host");
      if (!with_slow) accused += notice != nullptr;
      if (with_slow && notice) (notice->text.find("On node1") == 0 ? found : wrong) += 1;
    }
  }
  CHECK(accused <= 0.02 * kStudies);
  CHECK(wrong <= 0.02 * kStudies);
  CHECK(found >= 0.6 * kStudies);  // in the others, node1 has fewer than five runs
}

TEST_CASE("a notice about one cell is in that cell's rows only") {
  StudyData study = measured();
  study.runs[4].header->other_load = 0.8;  // sync_sgd lr=0.1
  const Analysis analysis = analyse(kTables, study);
  const Notice* notice = notice_of(analysis, "loaded-machine");
  REQUIRE(notice);
  REQUIRE(notice->cells.size() == 1);
  CHECK(analysis.cells[notice->cells[0]].label == "sync_sgd lr=0.1");
  const std::string csv = render_csv(analysis);
  std::size_t rows = 0;
  for (std::size_t at = csv.find("loaded-machine"); at != std::string::npos;
       at = csv.find("loaded-machine", at + 1))
    ++rows;
  CHECK(rows == analysis.views.size());
}

TEST_CASE("a pair that differs in more than its algorithm says in what") {
  const auto confounds = [](const std::function<void(RunData&)>& act) {
    const Analysis analysis =
        analyse(kTables, with(fair(), [&](StudyData& s) { each_local(s, act); }));
    return only_difference(analysis).confounds;
  };
  using Texts = std::vector<std::string>;
  CHECK(confounds([](RunData& run) { run.header->build = "0.1.0 other"; }) ==
        Texts{"build 0.1.0 other vs 0.1.0 (0123456789ab)"});
  CHECK(confounds([](RunData& run) { run.header->device_name = "Other CPU"; }) ==
        Texts{"device cpu (Other CPU) vs cpu (Example CPU 2.0 GHz)"});
  CHECK(confounds([](RunData& run) { change(run, {{"weight_decay", 0.25}}); }).size() == 1);
  CHECK(confounds([](RunData& run) { run.header->host = "node2"; }).empty());  // no measured clock
  CHECK(confounds([](RunData& run) { change(run, {{"H", std::int64_t{8}}}); }).empty());
}

TEST_CASE("results on different data are never compared") {
  const Analysis analysis =
      analyse(kTables, with(fair(), [](StudyData& s) {
                each_local(s, [](RunData& run) { run.header->data_sha256["train"] = "bbbb"; });
              }));
  const DifferenceRow& row = only_difference(analysis);
  CHECK(row.refused);
  CHECK(row.difference.n() == 0);
  CHECK(analysis.power.empty());
  CHECK(render_markdown(analysis).find("not compared: data train") != std::string::npos);
}

TEST_CASE("a difference in the number of settings tried is a confound of the pair") {
  const Analysis analysis =
      analyse(kTables, small_study(kTables, {kFair[0], kFair[1], kFair[2], kFair[4]}));
  CHECK(only_difference(analysis).confounds == std::vector<std::string>{"best of 1 vs 3 settings"});
}

TEST_CASE("a pair that was not tuned alike has no p, and its frontier is marked, unless asked") {
  StudyData study = small_study(kTables, {kFair[0], kFair[1], kFair[2], kFair[4]});
  const Analysis silent = analyse(kTables, study);
  const DifferenceRow& row = only_difference(silent);
  CHECK(row.unequal_grids);
  CHECK(std::isnan(row.p));
  CHECK(std::isnan(row.adjusted_p));
  CHECK(row.difference.n() == 3);
  CHECK(silent.power.empty());
  CHECK(silent.views.at(0).unequal_grids);
  CHECK(render_markdown(silent).find("| unequal grids |") != std::string::npos);
  for (const std::string& text : {render_markdown(silent), render_html(silent),
                                  render_latex(silent), terminal_frontier(silent, 400, false)})
    CHECK(text.find("yes (unequal grids)") != std::string::npos);

  study.report.compare_unequal = true;
  const Analysis shown = analyse(kTables, study);
  CHECK(only_difference(shown).p == 0.25);
  CHECK(only_difference(shown).unequal_grids);
  CHECK(shown.power.size() == 1);
  CHECK(notice_of(shown, "unequal-grids-compared"));
  CHECK_FALSE(notice_of(shown, "unequal-grids"));
  CHECK(render_markdown(shown).find("| unequal grids |") == std::string::npos);
  CHECK(render_markdown(shown).find("yes (unequal grids)") == std::string::npos);
}

TEST_CASE("Holm's adjustment is over the pairs that have a p") {
  std::vector<CellSketch> cells(kFair.begin(), kFair.begin() + 5);  // local_sgd H=4: two settings
  for (const double lr : {.05, .1, .2}) cells.push_back({"local_sgd", 16, lr, {.70, .71, .72}});
  const Analysis analysis = analyse(kTables, small_study(kTables, cells));
  REQUIRE(analysis.differences.size() == 2);
  CHECK(std::isnan(analysis.differences[0].p));
  CHECK(analysis.differences[1].p == 0.25);
  CHECK(analysis.differences[1].adjusted_p == 0.25);
  CHECK(render_markdown(analysis).find("adjusted by Holm over the 1 of this table") !=
        std::string::npos);
}
