// Each guard by a study that it must speak on, and one that it must be silent on; and none of them
// can be overlooked in any output.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

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
