#include <algorithm>
#include <catch2/catch.hpp>

#include "reports/analysis.hpp"
#include "reports/exporters/exporters.hpp"
#include "reports/text/escape.hpp"
#include "reports/text/table.hpp"
#include "reports/verify.hpp"
#include "tests/unit/reports/sample_study.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
const Tables kTables = Tables::builtin();
using Files = std::map<std::string, std::string>;

Files files_of(const Analysis& analysis) {
  Files files;
  for (const Exporter& exporter : builtin_exporters())
    files[exporter.file_name] = exporter.render(analysis);
  return files;
}

std::vector<FileVerdict> verify(const Analysis& analysis, const Files& files) {
  return verify_report(analysis, builtin_exporters(),
                       [&](const std::string& name) -> std::optional<std::string> {
                         const auto found = files.find(name);
                         if (found == files.end()) return {};
                         return found->second;
                       });
}

std::string rows_of(const StudyData& study) { return analyse(kTables, study).rows_sha256; }
}  // namespace

TEST_CASE("a report that was just written is verified, and each output carries the stamp") {
  const Analysis analysis = analyse(kTables, sample_study(kTables));
  const Files files = files_of(analysis);
  for (const FileVerdict& verdict : verify(analysis, files)) {
    INFO(verdict.file);
    CHECK(verdict.same);
    CHECK(files.at(verdict.file).find("; rows " + analysis.rows_sha256.substr(0, 16)) !=
          std::string::npos);
  }
}

TEST_CASE("a report of other rows, an edited one and a missing one are told apart") {
  StudyData study = sample_study(kTables);
  Files files = files_of(analyse(kTables, study));
  study.runs[3].evals[0].accuracy += 1e-12;
  const Analysis changed = analyse(kTables, study);
  for (const FileVerdict& verdict : verify(changed, files)) {
    INFO(verdict.file);
    CHECK_FALSE(verdict.same);
    CHECK(verdict.text.find("made from other rows") == 0);
  }
  for (auto& [name, bytes] : files = files_of(changed)) bytes += "\n";
  files.erase("report.csv");
  for (const FileVerdict& verdict : verify(changed, files)) {
    INFO(verdict.file);
    CHECK_FALSE(verdict.same);
    CHECK(verdict.text.find(verdict.file == "report.csv" ? "missing" : "made of the same rows") ==
          0);
  }
  for (auto& [name, bytes] : files = files_of(changed)) bytes = "nothing";
  for (const FileVerdict& verdict : verify(changed, files))
    CHECK(verdict.text == "differs, and does not say what it was made from");
}

TEST_CASE("the digest of the rows sees every row, and not their order") {
  const StudyData study = sample_study(kTables);
  const std::string rows = rows_of(study);
  const auto changed = [&](auto act) {
    StudyData other = study;
    act(other);
    return rows_of(other) != rows;
  };
  CHECK_FALSE(changed([](StudyData& s) { std::reverse(s.runs.begin(), s.runs.end()); }));
  CHECK(changed([](StudyData& s) { s.runs.pop_back(); }));
  CHECK(changed([](StudyData& s) { s.runs[0].evals.back().accuracy = 0.5; }));
  CHECK(changed([](StudyData& s) { s.runs[0].syncs[0].payload_bytes += 1; }));
  CHECK(changed([](StudyData& s) { s.runs[0].header->build = "other"; }));
  CHECK(changed([](StudyData& s) { s.runs[0].accounting.wall_s += 1; }));
  CHECK(changed([](StudyData& s) { s.calibrations[0].cost.step_s *= 2; }));
  CHECK(changed([](StudyData& s) { s.measured_network->latency_s *= 2; }));
  CHECK(changed([](StudyData& s) { s.certificates.push_back({.key = "mlp", .checks = {}}); }));
  CHECK(changed([](StudyData& s) { s.spec_sha256[0] = '6'; }));
  CHECK(changed([](StudyData& s) { s.report.targets.push_back(0.9); }));
  CHECK(changed([](StudyData& s) {
    s.report.stragglers = {StragglerSpec::Model::exponential, 0.1};
  }));
  CHECK(changed([](StudyData& s) {
    s.report.stragglers = {StragglerSpec::Model::lognormal, 1, 1};
  }));
  CHECK(changed([](StudyData& s) { s.report.time = TimeSum::wall; }));
  CHECK(changed([](StudyData& s) { s.report.price = PriceSpec{2.5, "EUR"}; }));
  CHECK(changed([](StudyData& s) { s.report.compare_unequal = true; }));
  CHECK(changed([](StudyData& s) { s.report.declared = {{"lab", 5, 1}}; }));
}

TEST_CASE("LaTeX: text is data, tables have the rules of booktabs") {
  CHECK(escape_latex("50 % of a_b & c\\d {e} #1 $x^2~") ==
        "50 \\% of a\\_b \\& c\\textbackslash{}d \\{e\\} \\#1 \\$x\\textasciicircum{}2"
        "\\textasciitilde{}");
  Table table{.columns = {{"cell"}, {"n [%]", true}}};
  table.add({"a&b", "[1, 2]"}, Weight::strong);
  CHECK(latex_tabular(table) ==
        "\\begin{tabular}{lr}\n\\toprule\ncell & n [\\%] \\\\\n\\midrule\n"
        "\\textbf{a\\&b} & {}[1, 2] \\\\\n\\bottomrule\n\\end{tabular}\n");
  const std::string tex = render_latex(analyse(kTables, sample_study(kTables)));
  const auto count = [&](const std::string& what) {
    std::size_t n = 0;
    for (std::size_t at = tex.find(what); at != std::string::npos; at = tex.find(what, at + 1)) ++n;
    return n;
  };
  CHECK(count("\\begin{table}") == count("\\end{table}"));
  CHECK(count("\\begin{tabular}") == count("\\toprule"));
  CHECK(count("\\bottomrule") == count("\\toprule"));
  CHECK(count("\\begin{table}") >= 8);
}
