// What tells the runs of a study apart, for people: "slowmo H=16 lr=0.1 seed=2".
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/schedule/run_settings.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep {

/// The parameters that labels show: those that vary between all runs that were added.
class ShownParameters {
 public:
  void add(const RunSettings& runs);
  bool has(std::string_view name) const;

 private:
  struct Values {
    std::string first;
    bool vary = false;
  };
  std::map<std::string, Values, std::less<>> parameters_;
};

/// One label per run, in order: its algorithm, what is shown, and its seed.
std::vector<std::string> labels_of(const RunSettings& runs, const ShownParameters& shown);

std::vector<std::string> labels_of(const std::vector<PlannedRun>& runs);

/// The label of a run without its seed: that of its cell.
std::string cell_label(const std::string& run_label);

}  // namespace lockstep
