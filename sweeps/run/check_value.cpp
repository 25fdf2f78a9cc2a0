#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <regex>

#include "sweeps/run/run_config.hpp"

namespace lockstep {

namespace {
std::string range_text(const Range& range) {
  const bool low = std::isfinite(range.low);
  const bool high = std::isfinite(range.high);
  const std::string low_text = (range.low_open ? "above " : "at least ") + in_full(range.low);
  const std::string high_text = (range.high_open ? "below " : "at most ") + in_full(range.high);
  if (low && high) return low_text + " and " + high_text;
  return low ? low_text : high ? high_text : "finite";
}

bool in_range(const Range& range, double number) {
  const bool above = range.low_open ? number > range.low : number >= range.low;
  const bool below = range.high_open ? number < range.high : number <= range.high;
  return std::isfinite(number) && above && below;
}

bool holds_type(Type type, const Value& value) {
  switch (type) {
    case Type::boolean:
      return std::holds_alternative<bool>(value);
    case Type::integer:
      return std::holds_alternative<std::int64_t>(value);
    case Type::real:
      return std::holds_alternative<double>(value);
    case Type::text:
      return std::holds_alternative<std::string>(value);
    case Type::real_list:
      return std::holds_alternative<std::vector<double>>(value);
  }
  return false;
}

/// An integer stands for a real, and -0 for 0, so that one number has one spelling.
void coerce(Type type, Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value); whole && type == Type::real) {
    value = static_cast<double>(*whole);
  }
  if (auto* number = std::get_if<double>(&value)) *number += 0.0;
  if (auto* numbers = std::get_if<std::vector<double>>(&value)) {
    for (double& number : *numbers) number += 0.0;
  }
}
}  // namespace

std::vector<Problem> check_value(const Tables& tables, const Parameter& parameter, Value& value) {
  const auto problem = [&](std::string message, std::string hint) {
    return std::vector<Problem>{{parameter.name, std::move(message), std::move(hint)}};
  };
  coerce(parameter.type, value);
  if (!holds_type(parameter.type, value)) {
    return problem(fmt::format("{} must be {}, found {}", parameter.name, type_noun(parameter.type),
                               to_text(value)),
                   "");
  }
  const auto out_of_range = [&](double number) {
    return problem(fmt::format("{} must be {}, found {}", parameter.name,
                               range_text(parameter.range), in_full(number)),
                   "");
  };
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    const auto number = static_cast<double>(*whole);
    if (!in_range(parameter.range, number)) return out_of_range(number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    if (!in_range(parameter.range, *real)) return out_of_range(*real);
  } else if (const auto* list = std::get_if<std::vector<double>>(&value)) {
    for (const double number : *list) {
      if (!in_range(parameter.range, number)) return out_of_range(number);
    }
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    if (parameter.pattern) {
      if (std::regex_match(*text, std::regex(parameter.pattern->regex))) return {};
      return problem(
          fmt::format("{} must be {}, found '{}'", parameter.name, parameter.pattern->words, *text),
          "");
    }
    const auto choices = tables.choices_of(parameter);
    if (std::find(choices.begin(), choices.end(), *text) == choices.end()) {
      const auto near = nearest(*text, choices);
      return problem(
          fmt::format("{} '{}' does not exist", parameter.name, *text),
          near ? fmt::format("did you mean '{}'?", *near) : "one of: " + joined(choices));
    }
  }
  return {};
}

}  // namespace lockstep
