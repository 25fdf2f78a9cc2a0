// What a spec's `report` section asks of the report. Data only; it is no part of a run's identity.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
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

/// What steps take longer than they cost on the simulated clock, as shares of a step.
struct StragglerSpec {
  enum class Model { none, exponential, lognormal, trace, slow_worker } model = Model::none;
  double mean_excess = 0;        ///< exponential, lognormal
  double sigma = 0;              ///< lognormal: standard deviation of the logarithm
  std::vector<double> excess{};  ///< trace: as recorded, each equally likely
  double factor = 1;             ///< slow_worker: its steps take so many times as long
  bool operator==(const StragglerSpec&) const = default;
};
/// The members that a model has besides its name, as a spec, a plan and a report write them.
struct StragglerModel {
  const char* name;
  StragglerSpec::Model model;
  std::vector<std::string> members;
};
const std::vector<StragglerModel>& straggler_models();
const char* name_of(StragglerSpec::Model model);
/// Mean excess of a step, of the slow worker's where there is one.
double mean_excess_of(const StragglerSpec& stragglers);

/// Which sum of a run's accounting is the time axis of the measured clock.
enum class TimeSum {
  productive,       ///< data loading, compute, communication and waiting
  productive_eval,  ///< and evaluation
  wall              ///< everything of all attempts
};
const std::vector<std::string>& time_sum_names();  ///< "productive", "productive+eval", "wall"
const std::string& name_of(TimeSum sum);

/// What a device costs: runs are priced by workers x time.
struct PriceSpec {
  double per_device_hour = 0;
  std::string currency;
  bool operator==(const PriceSpec&) const = default;
};

struct ReportSpec {
  std::vector<std::string> select;    ///< parameters tuned on validation, usually lr
  std::vector<double> targets;        ///< validation accuracies for time to accuracy
  std::vector<std::string> networks;  ///< names: of profiles, of `declared`; "measured": own
  std::vector<DeclaredNetwork> declared{};
  StragglerSpec stragglers{};
  TimeSum time = TimeSum::productive;
  std::optional<PriceSpec> price{};
  bool compare_unequal = false;  ///< verdicts also between cells that were not tuned alike
  bool operator==(const ReportSpec&) const = default;
};

/// As it stands in a plan. What is at its default beyond the first three is left out, so that plans
/// without it are the bytes that they always were.
nlohmann::ordered_json to_json(const ReportSpec& report);
nlohmann::ordered_json to_json(const StragglerSpec& stragglers);  ///< {model, its members}
/// Throws nlohmann::json::exception where a member is missing or of another type, or a name
/// unknown.
ReportSpec report_spec_from(const nlohmann::json& json);

/// The networks that a report can be drawn for: "measured" and the named profiles of results/clock.
/// They are named here, where specs are checked; a test holds the two lists equal.
const std::vector<std::string>& report_network_names();

}  // namespace lockstep
