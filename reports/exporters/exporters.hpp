// The exporters that lockstep ships, one function each.
#pragma once

#include <string>

#include "reports/analysis.hpp"

namespace lockstep {

std::string render_markdown(const Analysis& analysis);
std::string render_csv(const Analysis& analysis);
std::string render_json(const Analysis& analysis);
/// The same on one line and without the ledger, whose table is in the page already.
std::string compact_json(const Analysis& analysis);
std::string render_svg(const Analysis& analysis);
std::string render_html(const Analysis& analysis);

}  // namespace lockstep
