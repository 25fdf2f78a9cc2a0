// What a spec may ask of the axes: a model of stragglers, the sum that is time, a price.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/analysis.hpp"
#include "reports/exporters/exporters.hpp"
#include "tests/unit/reports/sample_study.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
using Model = StragglerSpec::Model;
const Tables kTables = Tables::builtin();
constexpr double kEvalSeconds = 0.5;

bool has(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

/// Everything that people read.
std::vector<std::string> texts_of(const Analysis& a) {
  return {render_markdown(a), render_html(a), render_latex(a), terminal_frontier(a, 200, false)};
}

/// Two cells with the measured clock, whose evaluations took kEvalSeconds each and whose only
/// attempt started up for a second and went by twice as fast as it trained.
StudyData measured_study() {
  StudyData study =
      small_study(kTables, {{"sync_sgd", 1, .1, {.8, .8, .8}}, {"local_sgd", 4, .1, {.7, .7, .7}}});
  study.report.targets = {0.6};
  for (RunData& run : study.runs) {
    run.header->exclusive = true, run.header->processes = 4;
    for (EvalReading& eval : run.evals) eval.eval_s = kEvalSeconds;
    run.wall = {{0, 1, 2}};
  }
  return study;
}

Analysis analysed(StudyData study, TimeSum time) {
  study.report.time = time;
  return analyse(kTables, study);
}

double median_to_target(const View& view, std::size_t cell) {
  const auto row =
      std::find_if(view.targets.begin(), view.targets.end(), [&](const TargetRow& candidate) {
        return candidate.cell == cell && candidate.origin == "asked";
      });
  REQUIRE(row != view.targets.end());
  return row->survival.median;
}

/// One algorithm on 1, 4 and 16 workers: the more, the faster, and the dearer.
StudyData study_of_workers() {
  StudyData study = small_study(kTables, {{"local_sgd", 4, .1, {.8, .8, .8}}});
  study.runs.clear();
  double accuracy = .80;
  for (const std::int64_t workers : {1, 4, 16}) {
    for (std::int64_t seed = 1; seed <= 3; ++seed) {
      RunSketch sketch;
      sketch.parameters = {{"algorithm", std::string("local_sgd")},
                           {"H", std::int64_t{4}},
                           {"lr", 0.1},
                           {"workers", workers},
                           {"seed", seed}};
      sketch.final_accuracy = accuracy;
      study.runs.push_back(finished_run(kTables, sketch));
    }
    accuracy -= .001;
  }
  study.report.price = PriceSpec{2.5, "EUR"};
  return study;
}
}  // namespace

TEST_CASE("each model of stragglers is on the simulated clock, in curves, and named everywhere") {
  const std::pair<StragglerSpec, const char*> cases[] = {
      {{Model::exponential, 0.1}, "simulated, exponential stragglers"},
      {{Model::lognormal, 0.1, 1.2}, "simulated, lognormal stragglers"},
      {{.model = Model::trace, .excess = {0, 0.02, 0.5}}, "simulated, stragglers of a trace"},
      {{.model = Model::slow_worker, .factor = 1.5}, "simulated, one slow worker"}};
  StudyData study =
      small_study(kTables, {{"sync_sgd", 1, .1, {.8, .8, .8}}, {"local_sgd", 4, .1, {.8, .8, .8}}});
  for (const auto& [spec, name] : cases) {
    INFO(name);
    study.report.stragglers = spec;
    const Analysis a = analyse(kTables, study);
    const View& view = a.views.at(0);
    for (const ViewRow& row : view.rows) {
      const Redraw& redraw = a.redraws.at(row.cell);
      const SimulatedTime expected = simulate(redraw.logs.at(0), 4, redraw.cost, *view.profile,
                                              stragglers_of(spec, redraw.cost.step_s));
      CHECK(row.time.mean == Approx(expected.total_s));
      CHECK(row.parts.wait > 0);
      CHECK(a.curves.at(row.cell).points.back().time == Approx(expected.total_s));
    }
    for (const std::string& text : texts_of(a)) CHECK(has(text, name));
    CHECK(has(render_svg(a), name));
    CHECK(has(render_markdown(a), "Stragglers, as the spec asks"));
    const auto json = nlohmann::json::parse(render_json(a));
    CHECK(json.at("report").at("stragglers").at("model") == name_of(spec.model));
    CHECK(has(render_csv(a), ",stragglers\r\n"));
    CHECK(has(render_csv(a), std::string(",") + name_of(spec.model) + "\r\n"));
  }
}

TEST_CASE("time is the sum that the spec asks for, on the measured clock and to an accuracy") {
  const StudyData study = measured_study();
  const Analysis training = analysed(study, TimeSum::productive);
  const Analysis both = analysed(study, TimeSum::productive_eval);
  const Analysis wall = analysed(study, TimeSum::wall);
  for (std::size_t cell = 0; cell < 2; ++cell) {
    const double trained = training.views[0].rows[cell].time.mean;
    const double evaluating = kEvalSeconds * static_cast<double>(study.runs[0].evals.size());
    CHECK(both.views[0].rows[cell].time.mean == Approx(trained + evaluating));
    CHECK(wall.views[0].rows[cell].time.mean == Approx(1 + 2 * trained));
    CHECK(both.views[0].rows[cell].parts.other ==
          Approx(training.views[0].rows[cell].parts.other + evaluating));
    // So many evaluations as it took to see it, that one included.
    const double seen =
        (median_to_target(both.views[0], cell) - median_to_target(training.views[0], cell)) /
        kEvalSeconds;
    CHECK(seen == Approx(std::round(seen)));
    CHECK(seen >= 1);
    const double first = training.curves[cell].points.front().time;
    CHECK(both.curves[cell].points.front().time == Approx(first + kEvalSeconds));
    CHECK(wall.curves[cell].points.front().time == Approx(1 + 2 * first));
    // The simulated clock models training alone, whatever is asked.
    for (const Analysis* other : {&both, &wall})
      CHECK(other->views[1].rows[cell].time.mean == training.views[1].rows[cell].time.mean);
  }
}

TEST_CASE("every output names the sum, and those of training alone say nothing new") {
  const StudyData study = measured_study();
  for (const auto& [time, words] :
       {std::pair{TimeSum::productive_eval, "training and evaluation time"},
        std::pair{TimeSum::wall, "wall time of all attempts"}}) {
    INFO(words);
    const Analysis a = analysed(study, time);
    CHECK(a.views[0].time == words);
    CHECK(a.views[1].time == "training time");
    for (const std::string& text : texts_of(a)) CHECK(has(text, words));
    CHECK(has(render_svg(a), words));
    CHECK(has(render_markdown(a), "The simulated clock models training alone"));
    CHECK(has(render_csv(a), ",time\r\n"));
    CHECK(has(render_csv(a), "," + name_of(time) + "\r\n"));
    CHECK(has(render_csv(a), ",productive\r\n"));
    const auto json = nlohmann::json::parse(render_json(a));
    CHECK(json.at("views").at(0).at("time") == name_of(time));
    CHECK(json.at("views").at(1).at("time") == "productive");
    // Points of another sum do not stand beside the page's simulated ones.
    CHECK_FALSE(has(render_html(a), "filled ones are measured"));
  }
  const Analysis usual = analysed(study, TimeSum::productive);
  CHECK(has(render_html(usual), "filled ones are measured"));
  CHECK_FALSE(has(render_csv(usual), ",time\r\n"));
  CHECK_FALSE(nlohmann::json::parse(render_json(usual)).at("views").at(0).contains("time"));
}

TEST_CASE("wall time goes on over attempts, and counts what was lost between them") {
  StudyData study = measured_study();
  const double trained = analyse(kTables, study).views[0].rows[0].time.mean;
  // The second attempt took over at half the training; 100 s had gone by then.
  for (RunData& run : study.runs) run.wall = {{0, 1, 2}, {trained / 2, 100, 3}};
  const Analysis a = analysed(study, TimeSum::wall);
  CHECK(a.views[0].rows[0].time.mean == Approx(100 + 3 * trained / 2));
  CHECK(a.curves[0].points.front().time < 100);
}

TEST_CASE("clock check and forecast stay with training, whatever time the report shows") {
  StudyData study = measured_study();
  study.measured_network = Network{"measured", 5e-5, 1e9, "fitted"};
  const Analysis training = analysed(study, TimeSum::productive);
  REQUIRE_FALSE(training.clock_check.rows.empty());
  REQUIRE_FALSE(training.forecast.left_out.empty());
  for (const TimeSum time : {TimeSum::productive_eval, TimeSum::wall}) {
    const Analysis other = analysed(study, time);
    for (std::size_t i = 0; i < training.clock_check.rows.size(); ++i)
      CHECK(other.clock_check.rows[i].measured.mean == training.clock_check.rows[i].measured.mean);
    for (std::size_t i = 0; i < training.forecast.left_out.size(); ++i)
      CHECK(other.forecast.left_out[i].measured.mean ==
            training.forecast.left_out[i].measured.mean);
  }
}

TEST_CASE("a price is workers x time, and has a frontier of its own") {
  const Analysis a = analyse(kTables, study_of_workers());
  const View& view = a.views.at(0);
  REQUIRE(view.rows.size() == 3);
  for (const ViewRow& row : view.rows) {
    const Cell& cell = a.cells[row.cell];
    CHECK(row.price.mean == Approx(static_cast<double>(cell.workers) * row.time.mean * 2.5 / 3600));
    CHECK(row.price.n() == 3);
    // By brute force: nobody is as cheap and as accurate, and better in one.
    const auto dominates = [&](const ViewRow& other) {
      const double theirs = a.cells[other.cell].accuracy.mean, mine = cell.accuracy.mean;
      return other.price.mean <= row.price.mean && theirs >= mine &&
             (other.price.mean < row.price.mean || theirs > mine);
    };
    CHECK(row.on_price_frontier == std::none_of(view.rows.begin(), view.rows.end(), dominates));
  }
  CHECK(view.price_frontier != view.frontier);
}

TEST_CASE("the price is in every output, and in none that did not ask") {
  StudyData study = study_of_workers();
  const Analysis a = analyse(kTables, study);
  CHECK(has(render_latex(a), "price"));
  CHECK(has(render_markdown(a), "price \\[EUR\\]"));
  CHECK(has(render_html(a), "price [EUR]"));
  CHECK(has(terminal_frontier(a, 200, false), "price [EUR]"));
  CHECK(has(render_svg(a), "price [EUR] of training time, simulated"));
  CHECK(has(render_markdown(a), "Price of a run: workers x time x 2.5 EUR per device and hour"));
  CHECK(has(render_csv(a),
            ",price_mean,price_ci_low,price_ci_high,currency,on_price_frontier,"
            "on_price_frontier_probability\r\n"));
  const auto json = nlohmann::json::parse(render_json(a));
  const auto& view = json.at("views").at(0);
  CHECK(view.at("price_frontier").size() == a.views[0].price_frontier.size());
  CHECK(view.at("rows").at(0).at("price").at("mean").get<double>() ==
        Approx(a.views[0].rows[0].price.mean));
  study.report.price.reset();
  const Analysis none = analyse(kTables, study);
  CHECK_FALSE(has(render_csv(none), "price"));
  CHECK_FALSE(has(render_svg(none), "price"));
  CHECK_FALSE(has(render_html(none), "id=\"price\""));
}
