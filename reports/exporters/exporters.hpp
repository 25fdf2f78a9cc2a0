// The exporters that lockstep ships, one function each.
#pragma once

#include <string>

#include "reports/analysis.hpp"

namespace lockstep {

std::string render_markdown(const Analysis& analysis);
std::string render_csv(const Analysis& analysis);
std::string render_json(const Analysis& analysis);
/// The same on one line, without curves and ledger: the page draws the ones and lists the other,
/// and both grow with the number of runs.
std::string compact_json(const Analysis& analysis);
/// Tables of results for a paper (booktabs), to be \input.
std::string render_latex(const Analysis& analysis);
std::string render_svg(const Analysis& analysis);
std::string render_html(const Analysis& analysis);

}  // namespace lockstep
