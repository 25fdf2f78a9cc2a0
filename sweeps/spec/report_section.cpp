#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "sweeps/spec/sections.hpp"

namespace lockstep::spec {

namespace {
/// Whether the last of `items` is new; told if not.
template <typename Item>
bool is_new(const std::vector<Item>& items, const Node& node, Findings& findings) {
  if (std::find(items.begin(), items.end() - 1, items.back()) == items.end() - 1) return true;
  findings.error(node.place, fmt::format("{} is listed twice", quoted(node.text)), "keep one");
  return false;
}

std::vector<std::string> read_select(const Tables& tables, const Node& node, Findings& findings) {
  std::vector<std::string> names;
  for (const Parameter& parameter : tables.parameters) {
    if (parameter.name != "seed") names.push_back(parameter.name);
  }
  std::vector<std::string> selected;
  if (!expect_list(node, "select", findings)) return selected;
  for (const Node& item : node.items) {
    const auto name = read_text(item, "a member of select", findings);
    if (!name) continue;
    if (*name == "seed") {
      findings.error(item.place, "the seed cannot be selected",
                     "a cell is the mean over its seeds; none of them is the best");
    } else if (std::find(names.begin(), names.end(), *name) == names.end()) {
      findings.error(item.place, fmt::format("unknown parameter {} in select", quoted(*name)),
                     did_you_mean(*name, names));
    } else {
      selected.push_back(*name);
      is_new(selected, item, findings);
    }
  }
  return selected;
}

std::vector<double> read_targets(const Node& node, Findings& findings) {
  std::vector<double> targets;
  if (!expect_list(node, "targets", findings)) return targets;
  for (const Node& item : node.items) {
    const auto target = read_number(item, "a member of targets", findings);
    if (!target) continue;
    if (*target > 0 && *target < 1) {
      targets.push_back(*target);
      is_new(targets, item, findings);
      continue;
    }
    const bool percent = *target > 1 && *target < 100;
    findings.error(
        item.place,
        fmt::format("a target is an accuracy above 0 and below 1, found {}", shortest(*target)),
        percent ? "write " + shortest(*target / 100) : "for example 0.85");
  }
  return targets;
}

constexpr const char* kDeclared = "for example {name: lab, latency_us: 5, bandwidth_GB_s: 12.5}";
constexpr std::size_t kLongestName = 32;  // std::regex recurses over the text

/// A name that is neither that of a profile, in whatever case, nor odd.
std::optional<std::string> read_network_name(const Node& node, Findings& findings) {
  const auto name = read_text(node, "the name of a network", findings);
  if (!name) return {};
  static const std::regex pattern(kNetworkPattern);
  if (name->size() > kLongestName || !std::regex_match(*name, pattern)) {
    findings.error(node.place, fmt::format("a network cannot be named {}", quoted(*name)),
                   "at most 32 letters, digits, '_', '.' and '-'");
    return {};
  }
  const auto lower = [](std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
  };
  for (const std::string& known : report_network_names()) {
    if (lower(*name) != lower(known)) continue;
    findings.error(node.place, fmt::format("{} is the name of another network", quoted(*name)),
                   "give yours a name of its own, or write " + known + " alone");
    return {};
  }
  return name;
}

/// A network that the spec describes itself: all three members.
std::optional<DeclaredNetwork> read_declared(const Tables& tables, const Node& node,
                                             Findings& findings) {
  if (!expect_map(node, "a network", {"name", "latency_us", "bandwidth_GB_s"}, findings)) return {};
  for (const char* key : {"name", "latency_us", "bandwidth_GB_s"}) {
    if (node.find(key)) continue;
    findings.error(node.place, fmt::format("a network needs {}", key), kDeclared);
    return {};
  }
  const auto name = read_network_name(*node.find("name"), findings);
  std::vector<double> numbers;
  for (const Parameter& row : declared_network_rows()) {
    if (const auto value = read_value(tables, row, *node.find(row.name), findings))
      numbers.push_back(std::get<double>(*value));
  }
  if (!name || numbers.size() < declared_network_rows().size()) return {};
  return DeclaredNetwork{*name, numbers[0], numbers[1]};
}

/// A profile by its name, or one that the spec declares.
void read_networks(const Tables& tables, const Node& node, ReportSpec& report, Findings& findings) {
  std::vector<std::string>& networks = report.networks;
  if (!expect_list(node, "networks", findings)) return;
  const auto& known = report_network_names();
  for (const Node& item : node.items) {
    if (item.kind == Node::Kind::map) {
      const auto declared = read_declared(tables, item, findings);
      if (!declared) continue;
      networks.push_back(declared->name);
      if (is_new(networks, *item.find("name"), findings)) report.declared.push_back(*declared);
      continue;
    }
    const auto name = read_text(item, "a member of networks", findings);
    if (!name) continue;
    if (std::find(known.begin(), known.end(), *name) == known.end()) {
      findings.error(item.place, fmt::format("unknown network {}", quoted(*name)),
                     did_you_mean(*name, known));
      continue;
    }
    networks.push_back(*name);
    is_new(networks, item, findings);
  }
}

}  // namespace

const std::vector<Parameter>& declared_network_rows() {
  static const std::vector<Parameter> rows = {
      {.name = "latency_us",
       .type = Type::real,
       .unit = "microseconds",
       .range = {0, 1e6},
       .doc = "Latency of one message."},
      {.name = "bandwidth_GB_s",
       .type = Type::real,
       .unit = "GB/s",
       .range = {.low = 0, .high = 1e5, .low_open = true},
       .doc = "What one endpoint sends in a second; 1 GB is 1e9 bytes."},
  };
  return rows;
}

const Parameter& compare_unequal_row() {
  static const Parameter row = {
      .name = "compare_unequal",
      .type = Type::boolean,
      .initial = false,
      .doc =
          "Show p-values and frontiers also between cells that were not tuned alike; every "
          "output says so."};
  return row;
}

ReportSpec read_report(const Tables& tables, const Node& section, Findings& findings) {
  ReportSpec report;
  if (!expect_map(
          section, "report",
          {"select", "targets", "networks", "stragglers", "time", "price", "compare_unequal"},
          findings))
    return report;
  if (const Node* node = section.find("select")) {
    report.select = read_select(tables, *node, findings);
  }
  if (const Node* node = section.find("targets")) report.targets = read_targets(*node, findings);
  if (const Node* node = section.find("networks")) read_networks(tables, *node, report, findings);
  if (const Node* node = section.find("stragglers"))
    report.stragglers = read_stragglers(tables, *node, findings);
  if (const Node* node = section.find("time")) report.time = read_time_sum(*node, findings);
  if (const Node* node = section.find("price")) report.price = read_price(tables, *node, findings);
  if (const Node* node = section.find("compare_unequal")) {
    if (const auto value = read_value(tables, compare_unequal_row(), *node, findings))
      report.compare_unequal = std::get<bool>(*value);
  }
  return report;
}

}  // namespace lockstep::spec
