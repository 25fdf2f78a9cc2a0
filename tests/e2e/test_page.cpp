// The page's script in a real browser: its clock is that of results/clock, its frontier that of
// reports/statistics, and it runs under the page's own policy, alone.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>

#include "reports/analysis.hpp"
#include "reports/exporters/explorer.hpp"
#include "reports/exporters/exporters.hpp"
#include "tests/support/browser.hpp"
#include "tests/unit/reports/sample_study.hpp"

using namespace lockstep;
using namespace lockstep::test;
using Catch::Contains;

namespace {
constexpr double kRelative = 1e-9;
constexpr std::size_t kCells = 25;

const Tables kTables = Tables::builtin();
const std::vector<double> kLatencies{1e-7, 3.4e-6, 3e-5, 3e-2};
const std::vector<double> kBandwidths{1e7, 1.1e9, 47e9, 3e12};
using Model = StragglerSpec::Model;
/// Choices of the page, by their place in its list, and what they are; behind these the spec's own.
const std::vector<std::pair<int, StragglerSpec>> kChoices{{0, {}}, {2, {Model::exponential, 0.3}}};
constexpr int kOwnChoice = 4;
const std::vector<StragglerSpec> kModels{{},
                                         {Model::lognormal, 0.2, 1.1},
                                         {Model::trace, 0, 0, {0, 0.02, 0, 0.5, 0.1, 2}},
                                         {.model = Model::slow_worker, .factor = 1.75}};

class Draws {
 public:
  std::int64_t whole(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(source_);
  }
  /// Between 10^low and 10^high.
  double magnitude(double low, double high) {
    return std::pow(10, std::uniform_real_distribution<double>(low, high)(source_));
  }

 private:
  std::mt19937_64 source_{20261122};
};

/// A log with every kind of exchange: gradients, blocking and delayed averages, of any size.
std::vector<SyncEvent> any_log(Draws& draws, std::int64_t total) {
  std::vector<SyncEvent> log;
  const double bytes = draws.magnitude(1, 9);
  for (std::int64_t step = draws.whole(1, 4); step <= total; step += draws.whole(1, 9)) {
    const bool gradient = draws.whole(0, 2) == 0;
    log.push_back({.step = step,
                   .bytes = draws.whole(0, 3) ? bytes : draws.magnitude(1, 9),
                   .gradient = gradient,
                   .delay = gradient ? 0 : draws.whole(0, 5)});
  }
  return log;
}

/// Cells with any course, fewer than the table shows at most.
Analysis any_analysis() {
  Draws draws;
  Analysis analysis;
  analysis.algorithms = {"sync_sgd"};
  analysis.algorithm_style = {0};
  for (std::size_t i = 0; i < kCells; ++i) {
    Cell cell;
    cell.short_label = fmt::format("cell {}", i);
    cell.workers = draws.whole(0, 5) ? draws.whole(1, 70) : 1;
    cell.accuracy = estimate({static_cast<double>(draws.whole(600, 630)) / 1000});
    analysis.cells.push_back(cell);
    Redraw redraw{.cell = i, .cost = {.step_s = draws.magnitude(-4, 0)}, .logs = {}, .log_of = {}};
    redraw.cost.backward_s = 0.6 * redraw.cost.step_s;
    redraw.cost.average_s = 0.1 * redraw.cost.step_s;
    const std::int64_t total = draws.whole(1, 200);
    for (std::size_t k = 0; k < 2; ++k) redraw.logs.push_back(tally(any_log(draws, total), total));
    redraw.log_of = {0, 1, 0};
    analysis.redraws.push_back(redraw);
  }
  return analysis;
}

/// A model of stragglers as the C++ clock has it.
struct Slow {
  explicit Slow(const StragglerSpec& spec)
      : rounds(stragglers_of(spec, 1)), mean(mean_excess_of(spec)) {}
  RoundExcess rounds;
  double mean;
};

/// Seconds of a cell as the C++ clock has them: mean over seeds.
template <class Each>
double time_of(const Analysis& analysis, const Redraw& redraw, const Network& network,
               const Slow& slow, Each each) {
  std::vector<double> times;
  for (const std::size_t log : redraw.log_of) {
    times.push_back(each(simulate(redraw.logs[log], analysis.cells[redraw.cell].workers,
                                  redraw.cost, network, slow.rounds, slow.mean * redraw.cost.step_s)
                             .total_s));
  }
  return estimate(times).mean;
}

double to_nanoseconds(double seconds) { return std::round(seconds * 1e9) / 1e9; }

std::vector<std::size_t> frontier_of(const Analysis& analysis, const Network& network,
                                     const Slow& slow) {
  std::vector<Point> points;
  for (const Redraw& redraw : analysis.redraws) {
    points.push_back({time_of(analysis, redraw, network, slow, to_nanoseconds),
                      analysis.cells[redraw.cell].accuracy.mean});
  }
  return frontier(points).members;
}

/// A page that runs the explorer and then `script`, whose `answer` it shows.
std::string asking(const Analysis& analysis, const std::string& script) {
  return "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>t</title></head>"
         "<body>" +
         explorer_section(analysis) + explorer_script() + "<pre id=\"answer\"></pre><script>" +
         script + "$('answer').textContent = JSON.stringify(answer);</script></body></html>";
}

nlohmann::json answer_of(const std::string& page) {
  return nlohmann::json::parse(text_of(dom_of(page), "answer"));
}

bool skipped() {
  if (has_browser()) return false;
  std::cout << kNoBrowser << '\n';
  return true;
}
}  // namespace

TEST_CASE("the page's clock and frontier are those of the report, whatever the stragglers") {
  if (skipped()) return;
  const auto array = [](const std::vector<double>& values) {
    return fmt::format("[{}]", fmt::join(values, ","));
  };
  for (const StragglerSpec& own : kModels) {
    Analysis analysis = any_analysis();
    analysis.report.stragglers = own;
    auto choices = kChoices;
    if (own.model != Model::none) choices = {{kOwnChoice, own}};
    std::vector<int> places;
    std::vector<Slow> models;
    for (const auto& [place, spec] : choices) {
      places.push_back(place);
      models.emplace_back(spec);
    }
    const std::string script = "const answer = [];\nfor (const latency of " + array(kLatencies) +
                               ") for (const bandwidth of " + array(kBandwidths) +
                               fmt::format(") for (const place of [{}]", fmt::join(places, ",")) +
                               R"js() {
  const there = {latency, bandwidth}, slow = data.stragglers[place];
  const times = data.cells.map(cell => overSeeds(cell, there, slow, time => time.total));
  answer.push({times, members: pointsAt(there, slow).members});
})js";
    const auto answer = answer_of(asking(analysis, script));
    REQUIRE(answer.size() == kLatencies.size() * kBandwidths.size() * choices.size());
    std::size_t at = 0;
    for (const double latency : kLatencies) {
      for (const double bandwidth : kBandwidths) {
        for (std::size_t k = 0; k < choices.size(); ++k) {
          const Slow& slow = models[k];
          const Network network{"", latency, bandwidth, ""};
          const auto& there = answer[at++];
          INFO(latency << " s, " << bandwidth << " B/s, stragglers "
                       << name_of(choices[k].second.model));
          for (std::size_t i = 0; i < kCells; ++i) {
            const double expected = time_of(analysis, analysis.redraws[i], network, slow,
                                            [](double seconds) { return seconds; });
            CHECK(there.at("times").at(i).get<double>() == Approx(expected).epsilon(kRelative));
          }
          CHECK(there.at("members").get<std::vector<std::size_t>>() ==
                frontier_of(analysis, network, slow));
        }
      }
    }
  }
}

TEST_CASE("moving a slider moves the table, the points and what is read aloud") {
  if (skipped()) return;
  const Analysis analysis = analyse(kTables, sample_study(kTables));
  const auto answer = answer_of(asking(analysis, R"(
const fire = (id, type, value) => { $(id).value = value; $(id).dispatchEvent(new Event(type)); };
const state = () => ({news: $('explorer-news').textContent, bandwidth: $('bandwidth-value').value,
  rows: [...$('explorer-rows').rows].map(row => [...row.cells].map(field => field.textContent)),
  marks: [...svg.querySelectorAll('title')].map(title => title.textContent).slice(1),
  pressed: [...$('presets').children].map(button => button.getAttribute('aria-pressed'))});
const answer = [state()];
fire('bandwidth', 'input', 11); fire('bandwidth', 'change', 11); answer.push(state());
$('presets').lastElementChild.click(); answer.push(state());
fire('stragglers', 'change', 1); answer.push(state());
)"));
  REQUIRE(answer.size() == 4);
  CHECK(answer[0].at("bandwidth") == "1.00 GB/s");  // the slowest network of the report
  CHECK(answer[1].at("bandwidth") == "100 GB/s");
  CHECK(answer[2].at("bandwidth") == "370 GB/s");
  CHECK_THAT(answer[1].at("news").get<std::string>(),
             Contains("At 100 GB/s and 50.0 µs, on the frontier: ") && Contains("gone: "));
  CHECK(answer[1].at("pressed") == nlohmann::json(std::vector<std::string>(7, "false")));
  CHECK(answer[2].at("pressed").back() == "true");
  const auto& rows = answer[0].at("rows");
  REQUIRE(rows.size() == analysis.redraws.size());
  for (const auto& state : answer) CHECK(state.at("marks").size() == analysis.redraws.size());
  CHECK(answer[0].at("rows") != answer[1].at("rows"));
  CHECK(answer[2].at("rows") != answer[3].at("rows"));
  // The network of a view: the script's table says what the report's says.
  const View& view = analysis.views[3];
  REQUIRE(view.network == "NVLink");
  for (const auto& row : answer[2].at("rows")) {
    const auto same = [&](const ViewRow& other) {
      return analysis.cells[other.cell].selected &&
             analysis.cells[other.cell].short_label == row.at(0);
    };
    const auto found = std::find_if(view.rows.begin(), view.rows.end(), same);
    REQUIRE(found != view.rows.end());
    CHECK(row.at(1) == (found->on_frontier ? "yes" : ""));
    CHECK(std::stod(row.at(3).get<std::string>()) == Approx(found->time.mean).epsilon(1e-3));
  }
}

TEST_CASE("measured points stay where they are, off the line, and say so") {
  if (skipped()) return;
  StudyData study = small_study(
      kTables, {{"sync_sgd", 1, .1, {.8, .8, .8}}, {"local_sgd", 16, .1, {.7, .7, .7}}});
  for (std::size_t i = 0; i < 3; ++i) {
    study.runs[i].header->exclusive = true;
    study.runs[i].header->processes = 4;
  }
  const Analysis analysis = analyse(kTables, study);
  REQUIRE(analysis.views.size() == 2);
  const auto answer = answer_of(asking(analysis, R"(
const marks = () => [...svg.querySelectorAll('path')].filter(mark => mark.textContent)
    .map(mark => [mark.textContent, mark.getAttribute('transform'), mark.getAttribute('fill')]);
const answer = [marks()];
$('presets').lastElementChild.click(); answer.push(marks());
)"));
  const auto of = [](const nlohmann::json& marks, const char* words) {
    return std::count_if(marks.begin(), marks.end(), [&](const nlohmann::json& mark) {
      return mark.at(0).get<std::string>().find(words) != std::string::npos;
    });
  };
  for (const auto& marks : answer) {
    REQUIRE(marks.size() == 3);
    CHECK(of(marks, "(measured: stays)") == 1);
    CHECK(of(marks, "(simulated)") == 2);
    for (const auto& mark : marks) {
      const bool measured = mark.at(0).get<std::string>().find("measured") != std::string::npos;
      CHECK((mark.at(2) == "var(--panel)") != measured);
    }
  }
  std::ptrdiff_t unmoved = 0;
  for (const auto& mark : answer[0])
    unmoved += std::count(answer[1].begin(), answer[1].end(), mark);
  CHECK(unmoved == 1);
}

TEST_CASE("the page runs its own script and no other") {
  if (skipped()) return;
  std::string page = render_html(analyse(kTables, sample_study(kTables)));
  const std::size_t end = page.rfind("</body>");
  page.insert(end, "<script>document.title = 'broken into';</script>\n");
  const std::string dom = dom_of(page);
  CHECK(dom.find("<html lang=\"en\" class=\"scripted\">") != std::string::npos);
  CHECK_THAT(text_of(dom, "explorer-news"), Contains("on the frontier: "));
  CHECK(dom.find("<title>quickstart – lockstep report</title>") != std::string::npos);
  // One byte more, and the policy no longer knows it: the page stands as without JavaScript.
  page.insert(page.rfind("'use strict'"), " ");
  CHECK(dom_of(page).find("scripted\">") == std::string::npos);
}
