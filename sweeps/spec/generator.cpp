#include "sweeps/spec/generator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sweeps/spec/sequences.hpp"

namespace lockstep::spec {

namespace {
const std::vector<std::string> kGenerators = {"range", "linspace", "logspace", "random"};

/// Reads one generator. Nothing as a result means that the trouble has been told.
class GeneratorReader {
 public:
  GeneratorReader(const Tables& tables, const std::string& name, const Node& node,
                  std::int64_t max_values, Findings& findings)
      : tables_(tables), name_(name), node_(node), max_values_(max_values), findings_(findings) {}

  std::optional<std::vector<double>> read() { return is_one_generator() ? numbers() : Numbers{}; }

 private:
  using Numbers = std::optional<std::vector<double>>;

  bool is_one_generator() {
    auto known = kGenerators;
    if (node_.find("random")) known.insert(known.end(), {"count", "seed"});
    const bool all_known = expect_map(node_, "the axis " + name_, known, findings_);
    const auto generators =
        std::count_if(node_.items.begin(), node_.items.end(), [](const Node& item) {
          return std::find(kGenerators.begin(), kGenerators.end(), item.key) != kGenerators.end();
        });
    if (generators > 1 || node_.items.empty()) {
      findings_.error(node_.place, "an axis has one generator", "one of: " + joined(kGenerators));
    }
    return all_known && generators == 1;
  }

  Numbers numbers() {
    if (const Node* node = node_.find("range")) return range_numbers(*node);
    if (const Node* node = node_.find("linspace")) return spaced_numbers(*node, false);
    if (const Node* node = node_.find("logspace")) return spaced_numbers(*node, true);
    return random_numbers(*node_.find("random"));
  }

  /// `count` numbers of a list, all of them or nothing.
  Numbers tuple(const Node& node, std::size_t count, const char* shape) {
    if (node.kind != Node::Kind::list || node.items.size() != count) {
      findings_.error(
          node.place,
          fmt::format("{} takes {}, found {}", node.key, shape,
                      node.kind == Node::Kind::list ? fmt::format("{} members", node.items.size())
                                                    : found(node)),
          fmt::format("write {}: {}", node.key, shape));
      return {};
    }
    std::vector<double> numbers;
    for (const Node& item : node.items) {
      if (const auto number = read_number(item, "a member of " + node.key, findings_)) {
        numbers.push_back(*number);
      }
    }
    if (numbers.size() < count) return {};
    return numbers;
  }

  Numbers range_numbers(const Node& node) {
    const auto given = tuple(node, 3, "[first, last, step]");
    if (!given) return {};
    const double first = (*given)[0], last = (*given)[1], step = (*given)[2];
    const double steps = steps_between(first, last, step);
    if (!(steps >= 0)) {
      findings_.error(node.place,
                      fmt::format("a step of {} does not lead from {} to {}", shortest(step),
                                  shortest(first), shortest(last)),
                      "range takes [first, last, step]");
      return {};
    }
    if (!has_room(steps + 1, node.place)) return {};
    if (steps != std::floor(steps)) {
      const double below = rounded(first + std::floor(steps) * step);
      findings_.error(node.place,
                      fmt::format("the range does not meet its last value {}", shortest(last)),
                      fmt::format("the last value is included: {} or {}", shortest(below),
                                  shortest(rounded(below + step))));
      return {};
    }
    return range(first, step, static_cast<std::int64_t>(steps) + 1);
  }

  Numbers spaced_numbers(const Node& node, bool geometric) {
    const auto given = tuple(node, 3, "[first, last, count]");
    if (!given) return {};
    const auto count = checked_count((*given)[2], 2, node.items[2].place);
    if (!count) return {};
    if (!geometric) return linspace((*given)[0], (*given)[1], *count);
    if (!above_zero(node)) return {};
    return logspace((*given)[0], (*given)[1], *count);
  }

  Numbers random_numbers(const Node& node) {
    const std::vector<std::string> kinds = {"uniform", "loguniform"};
    if (!expect_map(node, "random", kinds, findings_)) return {};
    const Node* uniform_node = node.find("uniform");
    const Node* log_node = node.find("loguniform");
    const auto count = member("count", 1, static_cast<double>(max_values_));
    const auto seed = member("seed", 0, kExact);
    if (!uniform_node == !log_node) {
      findings_.error(node.place, "random takes one distribution", "one of: " + joined(kinds));
      return {};
    }
    const Node& bounds = uniform_node ? *uniform_node : *log_node;
    const auto given = tuple(bounds, 2, "[low, high]");
    if (!given || !count || !seed) return {};
    const double low = (*given)[0], high = (*given)[1];
    if (!(low < high)) {
      findings_.error(bounds.place,
                      fmt::format("{} is not below {}", shortest(low), shortest(high)),
                      bounds.key + " takes [low, high]");
      return {};
    }
    const auto key = static_cast<std::uint64_t>(*seed);
    if (uniform_node) return uniform(low, high, *count, name_, key);
    if (!above_zero(bounds)) return {};
    return loguniform(low, high, *count, name_, key);
  }

  /// `count` or `seed` beside `random`.
  std::optional<std::int64_t> member(const char* name, double low, double high) {
    const Node* node = node_.find(name);
    if (!node) {
      findings_.error(node_.place, fmt::format("random needs {}", name),
                      "{random: {uniform: [low, high]}, count: 8, seed: 1}");
      return {};
    }
    const Parameter wanted{.name = name, .type = Type::integer, .range = {low, high}};
    const auto value = read_value(tables_, wanted, *node, findings_);
    if (!value) return {};
    return std::get<std::int64_t>(*value);
  }

  std::optional<std::int64_t> checked_count(double count, double low, const Place& place) {
    if (count != std::floor(count) || count < low) {
      findings_.error(place,
                      fmt::format("the count must be an integer of at least {}, found {}",
                                  shortest(low), shortest(count)),
                      "both ends are among the values");
      return {};
    }
    if (!has_room(count, place)) return {};
    return static_cast<std::int64_t>(count);
  }

  bool has_room(double count, const Place& place) {
    if (count <= static_cast<double>(max_values_)) return true;
    const std::string values =
        count < 1e15 ? fmt::format("{:.0f}", std::floor(count)) : "more than 10^15";
    findings_.error(place,
                    fmt::format("the axis {} has {} values; at most {} runs are planned at once",
                                name_, values, max_values_),
                    "make it coarser");
    return false;
  }

  bool above_zero(const Node& node) {
    for (std::size_t i = 0; i < 2; ++i) {
      if (const auto end = read_number(node.items[i], node.key, findings_); *end > 0) continue;
      findings_.error(node.items[i].place, fmt::format("the ends of {} must be above 0", node.key),
                      "a ratio needs them");
      return false;
    }
    return true;
  }

  const Tables& tables_;
  const std::string& name_;
  const Node& node_;
  std::int64_t max_values_;
  Findings& findings_;
};
}  // namespace

std::optional<std::vector<double>> read_generator(const Tables& tables, const std::string& name,
                                                  const Node& node, std::int64_t max_values,
                                                  Findings& findings) {
  return GeneratorReader(tables, name, node, max_values, findings).read();
}

}  // namespace lockstep::spec
