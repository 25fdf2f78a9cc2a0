// The part of the page that answers "and on my network?": sliders for bandwidth and latency that
// redraw the frontier. It is shown only where its script runs; the page is complete without it.
#pragma once

#include <string>

#include "reports/analysis.hpp"

namespace lockstep {

/// The section with its controls and its data; empty where no cell can be redrawn.
std::string explorer_section(const Analysis& analysis);

/// The script, to stand behind that section.
std::string explorer_script();

/// Value of script-src that lets exactly that script run.
std::string explorer_script_source();

}  // namespace lockstep
