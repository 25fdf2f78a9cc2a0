#include <fmt/format.h>

#include <algorithm>

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

std::vector<std::string> read_networks(const Node& node, Findings& findings) {
  std::vector<std::string> networks;
  if (!expect_list(node, "networks", findings)) return networks;
  const auto& known = report_network_names();
  for (const Node& item : node.items) {
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
  return networks;
}
}  // namespace

ReportSpec read_report(const Tables& tables, const Node& section, Findings& findings) {
  ReportSpec report;
  if (!expect_map(section, "report", {"select", "targets", "networks"}, findings)) return report;
  if (const Node* node = section.find("select")) {
    report.select = read_select(tables, *node, findings);
  }
  if (const Node* node = section.find("targets")) report.targets = read_targets(*node, findings);
  if (const Node* node = section.find("networks")) {
    report.networks = read_networks(*node, findings);
  }
  return report;
}

}  // namespace lockstep::spec
