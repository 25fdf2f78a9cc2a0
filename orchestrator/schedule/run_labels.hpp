// What tells the runs of a study apart, for people: "slowmo H=16 lr=0.1 seed=2".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sweeps/spec/plan.hpp"

namespace lockstep {

/// Parameters of a run and their values, by name. The views must live during the call.
using Settings = std::vector<std::pair<std::string_view, std::string_view>>;

/// One label per run, in order: its algorithm, what varies between the runs, and its seed.
std::vector<std::string> labels_of(const std::vector<Settings>& runs);
std::vector<std::string> labels_of(const std::vector<PlannedRun>& runs);

/// The label of a run without its seed: that of its cell.
std::string cell_label(const std::string& run_label);

}  // namespace lockstep
