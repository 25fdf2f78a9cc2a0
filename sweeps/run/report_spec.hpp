// What a spec's `report` section asks of the report. Data only; it is no part of a run's identity.
#pragma once

#include <string>
#include <vector>

namespace lockstep {

struct ReportSpec {
  std::vector<std::string> select;    ///< parameters tuned on validation, usually lr
  std::vector<double> targets;        ///< validation accuracies for time to accuracy
  std::vector<std::string> networks;  ///< names of profiles; "measured" is this machine's own
  bool operator==(const ReportSpec&) const = default;
};

/// The networks that a report can be drawn for: "measured" and the named profiles of results/clock.
/// They are named here, where specs are checked; a test holds the two lists equal.
const std::vector<std::string>& report_network_names();

}  // namespace lockstep
