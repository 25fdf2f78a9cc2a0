#include "sweeps/spec/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sweeps/spec/generator.hpp"

namespace lockstep::spec {

namespace {
/// Reads one axis. A value of nothing means that the trouble has been told.
class AxisReader {
 public:
  AxisReader(const Tables& tables, const Parameter& parameter, const Node& node,
             std::int64_t max_values, Findings& findings)
      : tables_(tables),
        parameter_(parameter),
        node_(node),
        max_values_(max_values),
        findings_(findings) {}

  std::vector<Setting> read() {
    auto settings = node_.kind == Node::Kind::map ? generated() : listed();
    if (settings.empty()) settings.push_back(setting({}, node_.place));
    return settings;
  }

 private:
  Setting setting(std::optional<Value> value, const Place& place) const {
    return {&parameter_, std::move(value), node_.key_place, place};
  }

  std::vector<Setting> listed() {
    if (node_.kind == Node::Kind::scalar) {
      findings_.error(
          node_.place,
          fmt::format("{} must be an axis here, found {}", parameter_.name, found(node_)),
          fmt::format("write [{}], or give the one value in base or beside grid", node_.text));
      return {};
    }
    if (!expect_list(node_, parameter_.name, findings_)) return {};
    std::vector<Setting> settings;
    for (const Node& item : node_.items) {
      settings.push_back(setting(read_value(tables_, parameter_, item, findings_), item.place));
      warn_if_repeated(settings);
    }
    return settings;
  }

  /// Up to 1,000 values: the comparison is quadratic, and a service only.
  void warn_if_repeated(const std::vector<Setting>& settings) {
    const Setting& last = settings.back();
    if (!last.value || settings.size() > 1000) return;
    const bool repeated = std::any_of(settings.begin(), settings.end() - 1,
                                      [&](const Setting& s) { return s.value == last.value; });
    if (!repeated) return;
    findings_.warning(last.place,
                      fmt::format("{} {} is listed twice", parameter_.name, to_text(*last.value)),
                      "the same run is planned once only");
  }

  std::vector<Setting> generated() {
    if (parameter_.type == Type::integer || parameter_.type == Type::real) {
      return as_settings(read_generator(tables_, parameter_.name, node_, max_values_, findings_));
    }
    findings_.error(node_.place,
                    fmt::format("{} is {}: nothing to generate numbers for", parameter_.name,
                                type_noun(parameter_.type)),
                    "list its values: [a, b]");
    return {};
  }

  /// Numbers as values of the parameter. Random ones are rounded for an integer, others must be
  /// whole.
  std::vector<Setting> as_settings(const std::optional<std::vector<double>>& numbers) {
    std::vector<Setting> settings;
    for (const double number : numbers.value_or(std::vector<double>{})) {
      auto value = as_value(number);
      if (!value) return {};
      const auto problems = check_value(tables_, parameter_, *value);
      if (!problems.empty()) {
        findings_.error(node_.place, problems.front().message, "the axis generates it");
        return {};
      }
      settings.push_back(setting(std::move(value), node_.place));
    }
    return settings;
  }

  std::optional<Value> as_value(double number) {
    if (parameter_.type == Type::real) return number;
    const bool is_random = node_.find("random") != nullptr;
    const double whole = std::round(number);
    if (std::abs(whole) < kExact && (is_random || whole == number)) {
      return static_cast<std::int64_t>(whole);
    }
    findings_.error(node_.place,
                    fmt::format("{} must be an integer, and the axis generates {}", parameter_.name,
                                shortest(number)),
                    "choose ends and count so that all values are whole, or list them");
    return {};
  }

  const Tables& tables_;
  const Parameter& parameter_;
  const Node& node_;
  std::int64_t max_values_;
  Findings& findings_;
};
}  // namespace

std::vector<Setting> read_axis(const Tables& tables, const Parameter& parameter, const Node& node,
                               std::int64_t max_values, Findings& findings) {
  return AxisReader(tables, parameter, node, max_values, findings).read();
}

}  // namespace lockstep::spec
