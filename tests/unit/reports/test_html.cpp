#include <catch2/catch.hpp>
#include <set>

#include "reports/analysis.hpp"
#include "reports/exporters/explorer.hpp"
#include "reports/exporters/exporters.hpp"
#include "reports/page/script_source.hpp"
#include "tests/support/occurrences.hpp"
#include "tests/unit/reports/sample_study.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
const Tables kTables = Tables::builtin();

/// As many cells as runs / 3, every one selected, on five networks: nothing to leave out.
StudyData wide_study(std::int64_t runs) {
  std::vector<CellSketch> cells{{"sync_sgd", 1, .1, {.80, .81, .82}}};
  for (std::int64_t h = 2; h <= runs / 3; ++h) {
    const double accuracy = 0.8 - 1e-4 * static_cast<double>(h * 37 % 101);
    cells.push_back({"local_sgd", h, .1, {accuracy, accuracy + .01, accuracy + .02}});
  }
  StudyData study = small_study(kTables, cells);
  study.report.networks = {"1GbE", "10GbE", "25GbE", "100GbE", "NVLink"};
  return study;
}
}  // namespace

TEST_CASE("HTML: one page that asks for nothing and runs one small script") {
  const std::string html = render_html(analyse(kTables, sample_study(kTables)));
  CHECK(html.find("Content-Security-Policy") != std::string::npos);
  for (const char* request : {"src=", "href=\"http", "url(http", "@import", "<link", "<iframe",
                              "onload=\"", "onclick=\""}) {
    INFO(request);
    CHECK(html.find(request) == std::string::npos);
  }
  CHECK(occurrences(html, "<script type=\"application/json\"") == 2);
  CHECK(occurrences(html, "<script") == 3);
  CHECK(html.find("default-src 'none'; script-src 'sha256-") != std::string::npos);
  CHECK(explorer_script().size() <= 10'000);
  for (const char* id : {"frontier", "targets", "curves", "tuning", "breakdown", "hypervolume",
                         "effort", "ledger", "methods"}) {
    CHECK(html.find("<section id=\"" + std::string(id) + "\">") != std::string::npos);
    CHECK(html.find("href=\"#" + std::string(id) + "\"") != std::string::npos);
  }
  std::set<std::string> ids;
  std::size_t n = 0;
  for (std::size_t at = html.find(" id=\""); at != std::string::npos;
       at = html.find(" id=\"", at + 1), ++n) {
    ids.insert(html.substr(at + 5, html.find('"', at + 5) - at - 5));
  }
  CHECK(ids.size() == n);
}

TEST_CASE("HTML: the name of a cell in a table leads to its first run in the ledger") {
  const Analysis analysis = analyse(kTables, sample_study(kTables));
  const std::string html = render_html(analysis);
  const std::size_t ledger = html.find("<section id=\"ledger\">");
  std::set<std::string> targets;
  for (std::size_t i = 0; i < analysis.ledger.size(); ++i) {
    const LedgerRow& row = analysis.ledger[i];
    if (!targets.insert(row.cell).second) continue;
    const std::string anchor = "<tr id=\"cell-" + row.cell + "\"";
    CHECK(occurrences(html, anchor) == 1);
    const std::size_t at = html.find(anchor);
    CHECK(at > ledger);
    CHECK(html.find(row.run.substr(0, 12), at) < html.find("</tr>", at));
  }
  CHECK(targets.size() == analysis.cells.size());
  for (const Cell& cell : analysis.cells) {
    const std::string link = "<a href=\"#cell-" + cell.id + "\">";
    CHECK(html.find(link + cell.short_label + "</a>") != std::string::npos);  // where it was tuned
    CHECK((html.find(link + cell.label + "</a>") != std::string::npos) == cell.selected);
  }
  CHECK(html.find("<a href=\"#cell-", ledger) == std::string::npos);
  std::size_t links = 0;
  for (std::size_t at = html.find("#cell-"); at != std::string::npos;
       at = html.find("#cell-", at + 1)) {
    ++links;
    CHECK(targets.count(html.substr(at + 6, html.find('"', at) - at - 6)) == 1);
  }
  CHECK(links > 10 * analysis.curves.size());
}

TEST_CASE("a page of 1,000 runs is 1 MB at most, names every run, and says what it thins") {
  const StudyData study = wide_study(1000);
  const Analysis analysis = analyse(kTables, study);
  const std::string html = render_html(analysis);
  CHECK(html.size() <= 1'000'000);
  for (const RunData& run : study.runs) CHECK(html.find(run.id.substr(0, 12)) != std::string::npos);
  for (const char* note : {"40 of 333 cells are drawn", "40 of 333 rows", "bars (frontier only)"})
    CHECK(html.find(note) != std::string::npos);
  for (const View& view : analysis.views) {
    for (const std::size_t i : view.frontier)
      CHECK(html.find(analysis.cells[view.rows[i].cell].label + ": test ") != std::string::npos);
  }
}

TEST_CASE("the page has a language, headings in order, named tables and labelled controls") {
  const std::string html = render_html(analyse(kTables, sample_study(kTables)));
  CHECK(html.find("<html lang=\"en\">") != std::string::npos);
  CHECK(html.find("<a class=\"skip\" href=\"#main\">") < html.find("<header>"));
  CHECK(occurrences(html, "<h1>") == 1);
  CHECK(html.find("<h1>") < html.find("<h2>"));
  CHECK(occurrences(html, "<h3") == 0);
  CHECK(occurrences(html, "<table>") == occurrences(html, "<caption"));
  CHECK(occurrences(html, "<th>") == 0);  // each has a scope
  for (const char* id : {"bandwidth", "latency"}) {
    CHECK(occurrences(html, "<label for=\"" + std::string(id) + "\">") == 1);
    CHECK(occurrences(html, "<input type=\"range\" id=\"" + std::string(id) + "\"") == 1);
  }
  CHECK(html.find("id=\"explorer-news\" role=\"status\"") != std::string::npos);
  for (const char* rule : {"prefers-color-scheme:dark", "@media print", "prefers-reduced-motion",
                           ":focus-visible", "break-inside: avoid"})
    CHECK(html.find(rule) != std::string::npos);
  CHECK(occurrences(html, "role=\"img\"") == occurrences(html, "<svg "));
}

TEST_CASE("the policy names the hash of the script") {
  // Of "abc": FIPS 180-4, appendix B.1, as base64.
  CHECK(sha256_source("abc") == "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='");
}

TEST_CASE("a page without anything to redraw has no script") {
  StudyData study = sample_study(kTables);
  study.calibrations.clear();
  const std::string html = render_html(analyse(kTables, study));
  CHECK(occurrences(html, "<script") == 1);
  CHECK(html.find("script-src 'none'") != std::string::npos);
}
