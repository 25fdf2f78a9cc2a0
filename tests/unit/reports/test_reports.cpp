#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/analysis.hpp"
#include "reports/exporters/exporters.hpp"
#include "reports/text/format.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/occurrences.hpp"
#include "tests/unit/reports/sample_study.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
const Tables kTables = Tables::builtin();

std::vector<std::string> render_all(const StudyData& study) {
  const Analysis analysis = analyse(kTables, study);
  std::vector<std::string> all;
  for (const Exporter& exporter : builtin_exporters()) all.push_back(exporter.render(analysis));
  all.push_back(terminal_frontier(analysis, 80, true));
  return all;
}

/// Fields of RFC 4180 text, by line.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> lines{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    std::string& field = lines.back().back();
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += '"', ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      lines.back().emplace_back();
    } else if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      lines.push_back({""});
      ++i;
    } else {
      field += c;
    }
  }
  lines.pop_back();
  return lines;
}

/// Every tag is closed by its own, in order: enough of XML to catch what an unescaped name would
/// break.
bool well_formed(const std::string& svg) {
  std::vector<std::string> open;
  for (std::size_t at = svg.find('<'); at != std::string::npos; at = svg.find('<', at + 1)) {
    const std::size_t end = svg.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = svg.substr(at + 1, end - at - 1);
    if (tag.find('<') != std::string::npos) return false;
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(tag.substr(0, tag.find_first_of(" \n")));
    }
  }
  return open.empty();
}

const std::vector<std::string> kHostile{"<script>alert(1)</script>",
                                        "\"><img src=x onerror=alert(1)>",
                                        "a|b|c",
                                        "=HYPERLINK(\"http://x\")",
                                        "@SUM(1)",
                                        "+1",
                                        "-1",
                                        "\t=1",
                                        "]]>",
                                        "</style>",
                                        "--><!--",
                                        "a\nb\r\nc",
                                        "\033[31mred\033[0m",
                                        "\xff\xfe",
                                        "\xE2\x80\xAE"
                                        "abc",
                                        "![x](javascript:alert(1))",
                                        "</script><script>",
                                        "' onload='x",
                                        "%s%n{}",
                                        std::string(300, 'W')};
}  // namespace

TEST_CASE("golden report") {
  const Analysis analysis = analyse(kTables, sample_study(kTables));
  for (const Exporter& exporter : builtin_exporters()) {
    check_golden("reports/" + exporter.file_name, exporter.render(analysis));
  }
  check_golden("reports/terminal.txt", terminal_frontier(analysis, 100, false));
}

TEST_CASE("the same study gives the same bytes, whatever the order of runs") {
  StudyData study = sample_study(kTables);
  const auto expected = render_all(study);
  CHECK(render_all(study) == expected);
  std::mt19937_64 source(1);
  for (int trial = 0; trial < 3; ++trial) {
    std::shuffle(study.runs.begin(), study.runs.end(), source);
    std::shuffle(study.calibrations.begin(), study.calibrations.end(), source);
    CHECK(render_all(study) == expected);
  }
}

TEST_CASE("an exporter from outside is one more row of the table") {
  std::vector<Exporter> exporters = builtin_exporters();
  exporters.push_back(
      {"tsv", "report.tsv", "A row per selected cell.", [](const Analysis& analysis) {
         std::string out;
         for (const Cell& cell : analysis.cells) {
           if (cell.selected) out += cell.short_label + " & " + cell.id + " \\\\\n";
         }
         return out;
       }});
  const Analysis analysis = analyse(kTables, sample_study(kTables));
  std::set<std::string> names, files;
  for (const Exporter& exporter : exporters) {
    names.insert(exporter.name);
    files.insert(exporter.file_name);
    CHECK(!exporter.doc.empty());
    CHECK(!exporter.render(analysis).empty());
  }
  CHECK(names.size() == exporters.size());
  CHECK(files.size() == exporters.size());
  CHECK(occurrences(exporters.back().render(analysis), "\n") == 5);
}

TEST_CASE("CSV: the fixed columns come first and in order, one row per cell, clock and network") {
  const auto lines = parse_csv(render_csv(analyse(kTables, sample_study(kTables))));
  const std::vector<std::string> fixed{"cell",
                                       "algorithm",
                                       "H",
                                       "workers",
                                       "lr",
                                       "effective_lr_factor",
                                       "n_seeds",
                                       "val_accuracy_mean",
                                       "val_accuracy_ci_low",
                                       "val_accuracy_ci_high",
                                       "accuracy_mean",
                                       "accuracy_ci_low",
                                       "accuracy_ci_high",
                                       "time_s_mean",
                                       "time_s_ci_low",
                                       "time_s_ci_high",
                                       "clock",
                                       "network",
                                       "bytes_per_worker",
                                       "selected",
                                       "on_frontier"};
  REQUIRE(lines[0].size() > fixed.size());
  CHECK(std::vector<std::string>(lines[0].begin(), lines[0].begin() + 21) == fixed);
  CHECK(lines.size() == 1 + 10 * 4);
  for (const auto& line : lines) CHECK(line.size() == lines[0].size());
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const bool selected = lines[i][19] == "true";
    CHECK_FALSE(lines[i][13].empty());
    CHECK(lines[i][14].empty());  // simulated times are no sample
    CHECK(lines[i][15].empty());
    CHECK(lines[i][10].empty() == !selected);  // test accuracy of selected cells only
    CHECK(lines[i][11].empty() == !selected);
  }
}

TEST_CASE("CSV: every row ends with the runs that its numbers are means of") {
  const Analysis analysis = analyse(kTables, sample_study(kTables));
  const auto lines = parse_csv(render_csv(analysis));
  CHECK(lines[0].back() == "runs");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    std::string runs;
    for (const LedgerRow& row : analysis.ledger) {
      if (row.cell == lines[i][0] && row.status == "done")
        runs += (runs.empty() ? "" : ";") + row.run.substr(0, 12);
    }
    CHECK(lines[i].back() == runs);
    CHECK(std::to_string(std::count(runs.begin(), runs.end(), ';') + 1) == lines[i][6]);
  }
}

namespace {
/// Every text under one of these names, however deep.
void collect(const nlohmann::json& json, bool named, std::set<std::string>& found) {
  static const std::set<std::string> kNames{"cell",     "cells",     "baseline", "contexts",
                                            "frontier", "tied_with", "missing"};
  if (json.is_string() && named) found.insert(json.get<std::string>());
  if (json.is_array()) {
    for (const auto& item : json) collect(item, named, found);
  }
  if (json.is_object()) {
    for (const auto& [name, item] : json.items()) collect(item, kNames.count(name) > 0, found);
  }
}
}  // namespace

TEST_CASE("JSON: every row leads to cells, and these to runs of the ledger") {
  StudyData study = sample_study(kTables);
  for (RunData& run : study.runs) {
    if (run.header) run.header->exclusive = true, run.header->processes = 4;
  }
  const auto json = nlohmann::json::parse(render_json(analyse(kTables, study)));
  std::set<std::string> cells, runs, algorithms, found;
  for (const auto& row : json["ledger"]) runs.insert(row["run"].get<std::string>());
  for (const auto& cell : json["cells"]) {
    cells.insert(cell["cell"].get<std::string>());
    algorithms.insert(cell["algorithm"].get<std::string>());
    for (const auto& seed : cell["seeds"]) CHECK(runs.count(seed["run"].get<std::string>()) == 1);
  }
  collect(json, false, found);
  CHECK(found == cells);
  const auto leads = [](const nlohmann::json& rows) {
    for (const auto& row : rows) {
      std::set<std::string> own;
      collect(row, false, own);
      INFO(row.dump());
      CHECK_FALSE(own.empty());
    }
    return rows.size();
  };
  for (const char* name : {"paired_differences", "power", "expected_best", "curves"})
    CHECK(leads(json[name]) > 0);
  CHECK(leads(json["effects"]["main"]) > 0);
  CHECK(leads(json["matched"]["val_accuracy"]) > 0);
  leads(json["effects"]["interactions"]);
  leads(json["clock_check"]);
  leads(json["forecast"]["left_out"]);
  for (const auto& view : json["views"]) {
    for (const char* name : {"rows", "hypervolume", "time_to_accuracy"})
      CHECK(leads(view[name]) > 0);
  }
  for (const auto& row : json["effort"]) CHECK(algorithms.count(row["algorithm"]) == 1);
}

TEST_CASE("only measured times have an interval, in every export") {
  StudyData study = small_study(kTables, {{"sync_sgd", 1, .1, {.8, .8, .8}}});
  for (std::size_t i = 0; i < study.runs.size(); ++i) {
    RunData& run = study.runs[i];
    run.header->exclusive = true, run.header->processes = 4;
    for (EvalReading& eval : run.evals) eval.train_s *= 1 + 0.01 * static_cast<double>(i);
  }
  const Analysis analysis = analyse(kTables, study);
  const auto lines = parse_csv(render_csv(analysis));
  const auto json = nlohmann::json::parse(render_json(analysis));
  REQUIRE(lines.size() == 3);
  for (std::size_t v = 0; v < 2; ++v) {
    const auto& time = json.at("views").at(v).at("rows").at(0).at("time_s");
    const bool measured = json.at("views").at(v).at("clock") == "measured";
    CHECK(measured == (v == 0));
    CHECK(time.at("n") == 3);
    CHECK(time.at("mean").is_number());
    CHECK(time.at("ci_low").is_null() == !measured);
    CHECK(time.at("ci_high").is_null() == !measured);
    CHECK(lines[v + 1][14].empty() == !measured);
    CHECK(lines[v + 1][15].empty() == !measured);
  }
}

TEST_CASE("time to accuracy: the restricted mean and its bound stand beside the median") {
  const Analysis analysis = analyse(kTables, sample_study(kTables));
  const View& view = analysis.views.front();
  const auto found =
      std::find_if(view.targets.begin(), view.targets.end(), [](const TargetRow& row) {
        const Survival& s = row.survival;
        return std::isfinite(s.median) && seconds(s.median) != seconds(s.restricted_mean);
      });
  REQUIRE(found != view.targets.end());
  const Survival& s = found->survival;
  const std::string cell = fmt::format("{} ({}/{}); mean {}", seconds(s.median), s.reached, s.n,
                                       seconds(s.restricted_mean));
  const std::string bound = "means up to " + seconds(s.bound);
  for (const std::string& text :
       {render_markdown(analysis), render_html(analysis), render_latex(analysis)}) {
    CHECK(text.find(bound) != std::string::npos);
    CHECK(text.find(cell) != std::string::npos);
  }
}

TEST_CASE("Methods give the spread of the step cost") {
  const Analysis analysis = analyse(kTables, sample_study(kTables));
  CHECK(render_markdown(analysis).find("p10 to p90 of 200 steps: 0.00950 s to 0.0108 s") !=
        std::string::npos);
}

TEST_CASE("JSON holds what the table shows, and no test accuracy of other cells") {
  const auto json = nlohmann::json::parse(render_json(analyse(kTables, sample_study(kTables))));
  CHECK(json.at("cells").size() == 10);
  CHECK(json.at("views").size() == 4);
  CHECK(json.at("ledger").size() == 32);
  for (const auto& cell : json.at("cells")) {
    CHECK(cell.at("accuracy").is_null() == !cell.at("selected").get<bool>());
    for (const auto& seed : cell.at("seeds")) {
      CHECK(seed.at("accuracy").is_null() == !cell.at("selected").get<bool>());
    }
  }
}

TEST_CASE("SVG: well-formed, titled, and simulated points say so and are hollow") {
  const Analysis analysis = analyse(kTables, sample_study(kTables));
  const std::string svg = render_svg(analysis);
  CHECK(well_formed(svg));
  CHECK(svg.find("<title id=\"frontier-title\">") != std::string::npos);
  CHECK(svg.find("<desc id=\"frontier-desc\">") != std::string::npos);
  CHECK(svg.find("prefers-color-scheme:dark") != std::string::npos);
  CHECK(svg.find("training time [s], simulated") != std::string::npos);
  CHECK(occurrences(svg, "(simulated), n = 3") == 4 * 5);
  CHECK(svg.find("NaN") == std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.find("inf") == std::string::npos);
}

TEST_CASE("measured points are filled, simulated ones hollow") {
  StudyData study = small_study(kTables, {{"sync_sgd", 1, .1, {.8, .8, .8}}});
  for (RunData& run : study.runs) run.header->exclusive = true, run.header->processes = 4;
  study.report.networks = {"no-such-network"};
  const std::string measured = render_svg(analyse(kTables, study));
  CHECK(measured.find("fill=\"var(--s0)\" stroke=\"var(--s0)\" stroke-width=\"2\"><title>") !=
        std::string::npos);
  CHECK(measured.find("simulated") == std::string::npos);
}

TEST_CASE("every planned run is in the page and in the Markdown") {
  const StudyData study = sample_study(kTables);
  const Analysis analysis = analyse(kTables, study);
  const std::string html = render_html(analysis), markdown = render_markdown(analysis);
  for (const RunData& run : study.runs) {
    CHECK(html.find(run.id.substr(0, 12)) != std::string::npos);
    CHECK(markdown.find(run.id.substr(0, 12)) != std::string::npos);
  }
  CHECK(markdown.find("loss is NaN at step 40") != std::string::npos);
  CHECK(markdown.find("not started") != std::string::npos);
}

TEST_CASE("hostile text is data in every format") {
  for (const std::string& text : kHostile) {
    StudyData study = sample_study(kTables);
    study.study = study.question = text;
    study.problems = {text};
    study.measured_network->source = text;
    for (RunData& run : study.runs) {
      run.detail = text;
      run.warnings = {text};
      if (run.header) run.header->host = run.header->build = run.header->device = text;
    }
    const Analysis analysis = analyse(kTables, study);
    INFO(text);
    const std::string html = render_html(analysis);
    CHECK(occurrences(html, "<script") == 3);
    CHECK(occurrences(html, "</script") == 3);
    CHECK(occurrences(html, "</style") == 1);
    CHECK(html.find("<img") == std::string::npos);
    CHECK(html.find("<!--") == std::string::npos);
    const std::string svg = render_svg(analysis);
    CHECK(well_formed(svg));
    const std::string markdown = render_markdown(analysis);
    CHECK(markdown.find("<script") == std::string::npos);
    CHECK(markdown.find("<img") == std::string::npos);
    CHECK(markdown.find("![x](") == std::string::npos);
    for (const std::string& output :
         {html, svg, markdown, terminal_frontier(analysis, 80, false)}) {
      CHECK(output.find('\033') == std::string::npos);
      CHECK(output.find("\xE2\x80\xAE") == std::string::npos);
    }
    for (const auto& line : parse_csv(render_csv(analysis))) CHECK(line.size() == 36);
    CHECK(nlohmann::json::accept(render_json(analysis)));
  }
}

TEST_CASE("a hostile network name cannot become a formula in CSV") {
  StudyData study = sample_study(kTables);
  Analysis analysis = analyse(kTables, study);
  analysis.views[0].network = "=cmd|' /C calc'!A0";
  const auto lines = parse_csv(render_csv(analysis));
  CHECK(lines[1][17] == "'=cmd|' /C calc'!A0");
}

TEST_CASE("a terminal of any width") {
  const Analysis analysis = analyse(kTables, sample_study(kTables));
  for (const int columns : {1, 40, 80, 200}) {
    const std::string text = terminal_frontier(analysis, columns, false);
    CHECK(text.find("simulated") != std::string::npos);
    CHECK(text.find('\033') == std::string::npos);
  }
  CHECK(terminal_frontier(analysis, 80, true).find("\033[") != std::string::npos);
}

namespace {
/// The letter in front of `label` in the table of the first view.
std::string letter_in_table(const std::string& text, const std::string& label) {
  const std::size_t at = text.find("  " + label);
  REQUIRE(at != std::string::npos);
  const std::size_t line = text.rfind('\n', at) + 1;
  return text.substr(line, at - line);
}

/// The plot: everything above its axis.
std::string plot_of(const std::string& text) { return text.substr(0, text.find("└")); }
}  // namespace

TEST_CASE("a letter means the same cell in the plot and in the table of a terminal") {
  StudyData study = small_study(kTables, {{"sync_sgd", 1, .1, {.80, .80, .80}},
                                          {"local_sgd", 16, .1, {.70, .70, .70}},
                                          {"local_sgd", 4, .1, {.75, .75, .75}}});
  study.report.networks = {"1GbE"};
  const std::string before = terminal_frontier(analyse(kTables, study), 100, false);
  CHECK(letter_in_table(before, "local_sgd H=16") == "A*");
  CHECK(letter_in_table(before, "local_sgd H=4") == "B*");
  CHECK(letter_in_table(before, "sync_sgd") == "C*");
  // Without its test accuracy the fastest cell is in the table, not in the plot.
  for (std::size_t i = 3; i < 6; ++i) study.runs[i].evals.pop_back();
  const std::string after = terminal_frontier(analyse(kTables, study), 100, false);
  CHECK(letter_in_table(after, "local_sgd H=16") == "  ");
  CHECK(letter_in_table(after, "local_sgd H=4") == "A*");
  CHECK(letter_in_table(after, "sync_sgd") == "B*");
  const std::string plot = plot_of(after);
  CHECK(plot.rfind('B') < plot.rfind('A'));  // higher, so earlier in the text
  CHECK(plot.find('C') == std::string::npos);
}

TEST_CASE("labels on a narrow terminal stay whole as long as other columns can go") {
  const Analysis analysis = analyse(kTables, sample_study(kTables));
  for (const int columns : {60, 80, 100}) {
    const std::string text = terminal_frontier(analysis, columns, false);
    CHECK(occurrences(text, "slowmo H=16 lr=0.1") >= analysis.views.size());
    CHECK(occurrences(text, "85.47 [84.59, 86.34]") == analysis.views.size());
  }
}

TEST_CASE("accuracies are shown where no network is known") {
  StudyData study = small_study(kTables, {{"sync_sgd", 1, .1, {.81, .81, .81}}});
  study.report.networks = {"measured"};
  const Analysis analysis = analyse(kTables, study);
  REQUIRE(analysis.views.size() == 1);
  CHECK(analysis.views[0].frontier.empty());
  for (const ViewRow& row : analysis.views[0].rows) CHECK(row.time.n() == 0);
  CHECK(analysis.notices.front().kind == "no-network");
  // Test accuracy is 0.01 below validation.
  CHECK(render_markdown(analysis).find("| 80.00 ") != std::string::npos);
  CHECK(render_html(analysis).find("80.00 [80.00, 80.00]") != std::string::npos);
  CHECK(terminal_frontier(analysis, 80, false).find("80.00 [80.00, 80.00]") != std::string::npos);
  const auto lines = parse_csv(render_csv(analysis));
  REQUIRE(lines.size() == 2);
  CHECK_FALSE(lines[1][10].empty());
  CHECK(lines[1][13].empty());
  CHECK(well_formed(render_svg(analysis)));
}

TEST_CASE("the band of the chart is called what it is") {
  const std::string svg = render_svg(analyse(kTables, sample_study(kTables)));
  CHECK(svg.find("band: attainment, best to worst over seeds") != std::string::npos);
  CHECK(svg.find("attainment: best to worst over 3 seeds") != std::string::npos);
  CHECK(svg.find("worst seed") == std::string::npos);
}

TEST_CASE("runs whose course depends on time are not redrawn for any network") {
  Tables tables = Tables::builtin();
  for (AlgorithmRow& row : tables.algorithms) row.time_driven = row.name == "local_sgd";
  const Analysis analysis = analyse(tables, sample_study(tables));
  REQUIRE(analysis.redraws.size() == 3);
  for (const Redraw& redraw : analysis.redraws)
    CHECK(analysis.cells[redraw.cell].algorithm != "local_sgd");
  for (const View& view : analysis.views) {
    for (const ViewRow& row : view.rows)
      CHECK(row.time.known() == (analysis.cells[row.cell].algorithm != "local_sgd"));
  }
  CHECK(analysis.notices.end() !=
        std::find_if(analysis.notices.begin(), analysis.notices.end(),
                     [](const Notice& notice) { return notice.kind == "not-redrawn"; }));
}

TEST_CASE("a study that has not begun still has a report") {
  StudyData study;
  study.study = "empty";
  const Analysis analysis = analyse(kTables, study);
  for (const Exporter& exporter : builtin_exporters()) CHECK(!exporter.render(analysis).empty());
  CHECK(well_formed(render_svg(analysis)));
  CHECK_NOTHROW(terminal_frontier(analysis, 80, false));
}
