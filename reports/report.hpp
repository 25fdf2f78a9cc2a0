// Reports: StudyData -> analysis -> bytes. Everything here is pure: the same study gives the same
// bytes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "results/store/study_data.hpp"

namespace lockstep {

struct Analysis;  // reports/analysis.hpp

/// One output format: a row of the exporter table.
struct Exporter {
  std::string name;       ///< markdown, csv, json, svg, html
  std::string file_name;  ///< report.md, report.csv, report.json, frontier.svg, report.html
  std::string doc;
  std::function<std::string(const Analysis&)> render;
};

/// The exporters that lockstep ships, in the order they are written.
std::vector<Exporter> builtin_exporters();

/// All numbers of a report. Never throws for odd data: what cannot be computed is absent and
/// listed.
Analysis analyse(const Tables& tables, const StudyData& study);

/// The frontier as text for a terminal of `columns` columns, UTF-8, with colours only if asked.
std::string terminal_frontier(const Analysis& analysis, int columns, bool colour);

}  // namespace lockstep
