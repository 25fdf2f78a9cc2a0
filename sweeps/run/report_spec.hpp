// What a spec's `report` section asks of the report. Data only; it is no part of a run's identity.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace lockstep {

/// A network that the spec describes itself.
struct DeclaredNetwork {
  std::string name;
  double latency_us = 0;      ///< per message
  double bandwidth_GB_s = 0;  ///< per endpoint; 1 GB: 1e9 bytes
  bool operator==(const DeclaredNetwork&) const = default;
};

struct ReportSpec {
  std::vector<std::string> select;    ///< parameters tuned on validation, usually lr
  std::vector<double> targets;        ///< validation accuracies for time to accuracy
  std::vector<std::string> networks;  ///< names: of profiles, of `declared`; "measured": own
  std::vector<DeclaredNetwork> declared{};
  /// Mean of the exponential excess that the simulated clock adds to every step of every worker, as
  /// a share of a step; 0: none.
  double straggler_excess = 0;
  bool compare_unequal = false;  ///< verdicts also between cells that were not tuned alike
  bool operator==(const ReportSpec&) const = default;
};

/// As it stands in a plan. What is at its default beyond the first three is left out, so that plans
/// without it are the bytes that they always were.
nlohmann::ordered_json to_json(const ReportSpec& report);
/// Throws nlohmann::json::exception where a member is missing or of another type.
ReportSpec report_spec_from(const nlohmann::json& json);

/// The networks that a report can be drawn for: "measured" and the named profiles of results/clock.
/// They are named here, where specs are checked; a test holds the two lists equal.
const std::vector<std::string>& report_network_names();

}  // namespace lockstep
