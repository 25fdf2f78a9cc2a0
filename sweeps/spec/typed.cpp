#include "sweeps/spec/typed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sweeps/spec/scalar.hpp"

namespace lockstep::spec {

namespace {
bool is_number(const Value& value) { return value.index() == 1 || value.index() == 2; }

/// A value of the parameter's type that it may have, to show in a hint.
std::string example_of(const Parameter& parameter) {
  if (parameter.initial) return "for example " + to_text(*parameter.initial);
  if (parameter.pattern) return parameter.pattern->words;
  return parameter.unit.empty() ? type_noun(parameter.type) : "a number of " + parameter.unit;
}

/// How to mend a word that is not of the wanted type.
std::string hint_for(const Parameter& parameter, const Node& node) {
  const Value said = read_word(node.text);
  const bool wants_number = parameter.type == Type::integer || parameter.type == Type::real;
  if (node.quoted && ((wants_number && is_number(said)) ||
                      (parameter.type == Type::boolean && said.index() == 0))) {
    return "what stands in quotes is text; write " + node.text;
  }
  if (const auto* real = std::get_if<double>(&said); real && parameter.type == Type::integer) {
    if (!std::isfinite(*real) || *real != std::floor(*real)) return "without a fraction";
    return std::abs(*real) < 1e15 ? fmt::format("write {}", static_cast<std::int64_t>(*real))
                                  : "with all its digits; " + example_of(parameter);
  }
  const Advice advice = advice_about(node.text);
  if (advice.trouble.empty()) return example_of(parameter);
  return advice.trouble + (advice.hint.empty() ? "" : "; " + advice.hint);
}

void wrong_type(const Parameter& parameter, const Node& node, std::string hint,
                Findings& findings) {
  findings.error(node.place,
                 fmt::format("{} must be {}, found {}", parameter.name, type_noun(parameter.type),
                             found(node)),
                 std::move(hint));
}

/// One word as a value of `type`; nothing if it is of another.
std::optional<Value> word_as(Type type, const Node& node) {
  if (type == Type::text) {
    const Value said = read_word(node.text);
    if (node.quoted || std::holds_alternative<std::string>(said)) return Value(node.text);
    return {};
  }
  if (node.quoted) return {};
  Value said = read_word(node.text);
  if (type == Type::real && said.index() == 1) {
    return Value(static_cast<double>(std::get<std::int64_t>(said)));
  }
  const bool fits = (type == Type::boolean && said.index() == 0) ||
                    (type == Type::integer && said.index() == 1) ||
                    (type == Type::real && said.index() == 2);
  if (!fits) return {};
  return said;
}

std::optional<Value> word_value(const Tables& tables, const Parameter& parameter, const Node& node,
                                Findings& findings) {
  if (auto value = word_as(parameter.type, node)) return value;
  const auto choices = tables.choices_of(parameter);
  wrong_type(parameter, node,
             choices.empty() ? hint_for(parameter, node) : "one of: " + joined(choices), findings);
  return {};
}

std::optional<Value> list_value(const Parameter& parameter, const Node& node, Findings& findings) {
  std::vector<double> numbers;
  bool complete = true;
  for (const Node& item : node.items) {
    const auto number = read_number(item, "a member of " + parameter.name, findings);
    complete = complete && number;
    if (number) numbers.push_back(*number);
  }
  if (!complete) return {};
  return numbers;
}

std::string hint_for_collection(const Parameter& parameter, const Node& node) {
  if (parameter.type == Type::real_list) return example_of(parameter);
  if (node.kind == Node::Kind::null) return example_of(parameter);
  return "several values are an axis: put it under grid";
}
}  // namespace

std::optional<Value> read_value(const Tables& tables, const Parameter& parameter, const Node& node,
                                Findings& findings) {
  const bool wants_list = parameter.type == Type::real_list;
  if (node.kind != (wants_list ? Node::Kind::list : Node::Kind::scalar)) {
    wrong_type(parameter, node, hint_for_collection(parameter, node), findings);
    return {};
  }
  auto value = wants_list ? list_value(parameter, node, findings)
                          : word_value(tables, parameter, node, findings);
  if (!value) return {};
  const auto problems = check_value(tables, parameter, *value);
  for (const Problem& problem : problems) {
    findings.error(node.place, problem.message,
                   problem.hint.empty() ? example_of(parameter) : problem.hint);
  }
  if (!problems.empty()) return {};
  return value;
}

std::optional<std::string> read_text(const Node& node, std::string_view name, Findings& findings) {
  const bool is_word = node.kind == Node::Kind::scalar;
  if (is_word && word_as(Type::text, node)) return node.text;
  findings.error(node.place, fmt::format("{} must be text, found {}", name, found(node)),
                 is_word ? fmt::format("put it in quotes: \"{}\"", node.text)
                         : "write one word, or a text in quotes");
  return {};
}

std::optional<double> read_number(const Node& node, std::string_view name, Findings& findings) {
  if (node.kind == Node::Kind::scalar) {
    if (const auto value = word_as(Type::real, node)) return std::get<double>(*value);
  }
  const Parameter wanted{.name = std::string(name), .type = Type::real, .initial = 0.5};
  wrong_type(wanted, node,
             node.kind == Node::Kind::scalar ? hint_for(wanted, node) : "write one number",
             findings);
  return {};
}

bool expect_map(const Node& node, std::string_view name, const std::vector<std::string>& known,
                Findings& findings) {
  if (node.kind != Node::Kind::map) {
    findings.error(node.place, fmt::format("{} must be a map, found {}", name, found(node)),
                   "its keys: " + joined(known));
    return false;
  }
  for (const Node& item : node.items) {
    if (std::find(known.begin(), known.end(), item.key) != known.end()) continue;
    findings.error(item.key_place, fmt::format("unknown key {} in {}", quoted(item.key), name),
                   did_you_mean(item.key, known));
  }
  return true;
}

bool expect_list(const Node& node, std::string_view name, Findings& findings) {
  if (node.kind == Node::Kind::list && !node.items.empty()) return true;
  if (node.kind == Node::Kind::list) {
    findings.error(node.place, fmt::format("{} is an empty list", name),
                   "give it a member, or leave it out");
  } else {
    findings.error(node.place, fmt::format("{} must be a list, found {}", name, found(node)),
                   "write [a, b], or one member to a line, each behind '- '");
  }
  return false;
}

}  // namespace lockstep::spec
