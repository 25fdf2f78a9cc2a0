// HTML as tidy and SVG as xmllint see them. They are other people's readers of the formats.
#include <boost/process/search_path.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

#include "orchestrator/launch/command_runner.hpp"
#include "reports/analysis.hpp"
#include "reports/exporters/exporters.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/reports/sample_study.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
const Tables kTables = Tables::builtin();

bool skipped() {
  for (const char* program : {"tidy", "xmllint"}) {
    if (!boost::process::search_path(program).empty()) continue;
    std::cout << "skipped: there is no " << program << " here\n";
    return true;
  }
  return false;
}

/// What `argv` has to say of `text`.
std::string verdict(std::vector<std::string> argv, const std::string& text) {
  const TempDir folder;
  const auto file = folder.path() / "text";
  std::ofstream(file) << text;
  argv.front() = boost::process::search_path(argv.front()).string();
  argv.push_back(file.string());
  ProcessRunner runner;
  const CommandResult result =
      runner.run({.argv = argv, .input = {}, .directory = {}, .environment = {}, .deadline_s = 60});
  CHECK_FALSE(result.timed_out);
  return result.out + result.err;
}

/// tidy's complaints. It takes the title of an SVG for that of a page, which has no id.
std::string html_errors(const std::string& page) {
  std::istringstream said(verdict({"tidy", "-e", "-q", "-utf8"}, page));
  std::string errors;
  for (std::string line; std::getline(said, line);) {
    if (line.find("<title> proprietary attribute \"id\"") == std::string::npos)
      errors += line + "\n";
  }
  return errors;
}

std::string svg_errors(const std::string& svg) { return verdict({"xmllint", "--noout"}, svg); }

void check_valid(const StudyData& study) {
  const Analysis analysis = analyse(kTables, study);
  const std::string page = render_html(analysis);
  CHECK(html_errors(page) == "");
  CHECK(svg_errors(render_svg(analysis)) == "");
  std::string figures = "<figures>";
  for (std::size_t at = page.find("<svg xmlns"); at != std::string::npos;) {
    const std::size_t end = page.find("</svg>", at) + 6;
    figures += page.substr(at, end - at);
    at = page.find("<svg xmlns", end);
  }
  CHECK(svg_errors(figures + "</figures>") == "");
  CHECK(render_html(analyse(kTables, study)) == page);
}
}  // namespace

TEST_CASE("page and pictures are valid HTML and XML") {
  if (skipped()) return;
  check_valid(sample_study(kTables));
  StudyData measured = small_study(kTables, {{"sync_sgd", 1, .1, {.8, .8, .8}}});
  for (RunData& run : measured.runs) run.header->exclusive = true, run.header->processes = 4;
  check_valid(measured);
  StudyData empty;
  empty.study = "empty";
  check_valid(empty);
  StudyData hostile = sample_study(kTables);
  hostile.study = hostile.question = "</title>\"><img src=x>&amp;\xff ]]> --><!--";
  for (RunData& run : hostile.runs) run.detail = hostile.study;
  check_valid(hostile);
}

TEST_CASE("the judges can say no") {
  if (skipped()) return;
  CHECK(html_errors("<!DOCTYPE html><html lang=\"en\"><head><title>t</title></head><body><table>"
                    "<p>x</table></body></html>") != "");
  CHECK(svg_errors("<svg xmlns=\"http://www.w3.org/2000/svg\"><g></svg>") != "");
}
