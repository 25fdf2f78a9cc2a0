#include "sweeps/run/value.hpp"

#include <charconv>
#include <cmath>

namespace lockstep {

const char* type_noun(Type type) {
  switch (type) {
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return "an integer";
    case Type::real:
      return "a number";
    case Type::text:
      return "a name";
    case Type::real_list:
      return "a list of numbers";
  }
  return "a value";
}

std::string shortest(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  return {buffer, end};
}

std::string in_full(double number) {
  constexpr double kLargest = 1e15;  // every whole number up to here is a double and an int64
  const bool whole = std::abs(number) < kLargest && number == std::floor(number);
  return whole ? std::to_string(static_cast<std::int64_t>(number)) : shortest(number);
}

namespace {
struct TextOf {
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(std::int64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const { return shortest(number); }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(const std::vector<double>& numbers) const {
    std::string text = "[";
    for (const double number : numbers) text += (text.size() > 1 ? ", " : "") + shortest(number);
    return text + "]";
  }
};
}  // namespace

std::string to_text(const Value& value) { return std::visit(TextOf{}, value); }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace lockstep
