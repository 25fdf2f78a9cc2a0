// One resolved configuration: what a run was asked to do, and nothing else. Its canonical bytes are
// the run's config.json and the only source of its id. It does not know where, on what device or by
// whom it is run.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sweeps/run/tables.hpp"

namespace lockstep {

/// What is wrong with a configuration, at which parameter, and what to do.
struct Problem {
  std::string parameter;
  std::string message;
  std::string hint;  ///< may be empty
};

/// A config.json that is not one of ours: not JSON, unknown or missing keys, illegal values.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class RunConfig {
 public:
  /// Parameters that the run uses, each with its value, revisions included as "<table>_revision".
  const std::map<std::string, Value>& values() const { return values_; }

  bool has(std::string_view name) const;
  /// The value of a parameter that the run uses. Throws std::logic_error for others: programmer
  /// error.
  const Value& value(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double real(std::string_view name) const;
  bool flag(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  const std::vector<double>& reals(std::string_view name) const;

  /// The same run with another seed, for the hash of the cell. No revalidation.
  RunConfig without(std::string_view name) const;

  /// JSON, keys sorted, numbers in shortest round trip, no spaces: the bytes that are hashed.
  /// Parameters with `since > 1` that stand at their default are absent.
  std::string canonical_json() const;
  /// The same without some parameters: what is hashed for cells and tuning groups.
  std::string canonical_json_without(const std::vector<std::string>& names) const;

  bool operator==(const RunConfig&) const = default;

 private:
  friend struct Resolver;
  std::map<std::string, Value> values_;
  std::vector<std::string>
      left_out_;  ///< since > 1 and at the default: has a value, but no part in the id
};

struct Resolution {
  RunConfig config;               ///< meaningful where `problems` is empty
  std::vector<Problem> problems;  ///< all of them, in the order of the parameter table
};

/// Completes `given` with defaults and checks it: unknown and unused parameters, types, ranges,
/// choices, missing ones, compositions (legality.hpp). Pure. Values must have the parameter's type,
/// but an integer may stand for a real.
Resolution resolve(const Tables& tables, const std::map<std::string, Value>& given);

/// Reads canonical bytes back. Throws ConfigError unless they resolve and canonical_json() is equal
/// to `text`.
RunConfig parse_config(const Tables& tables, std::string_view text);

/// The JSON of a value: integers without, reals with a decimal point or exponent, as config.json
/// has them.
nlohmann::json to_json(const Value& value);

/// A value of the parameter's type from JSON, or a message that says what was expected. Used for
/// config.json.
std::variant<Value, std::string> value_from_json(const Parameter& parameter,
                                                 const nlohmann::json& json);

/// Checks type, range and choices of one value. Empty: fine. `value` is coerced to the parameter's
/// type.
std::vector<Problem> check_value(const Tables& tables, const Parameter& parameter, Value& value);

}  // namespace lockstep
