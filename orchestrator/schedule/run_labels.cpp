#include "orchestrator/schedule/run_labels.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace lockstep {

namespace {
/// Names of parameters that have more than one value.
std::set<std::string_view> varying(const std::vector<Settings>& runs) {
  std::map<std::string_view, std::string_view> first;
  std::set<std::string_view> varies;
  for (const Settings& run : runs) {
    for (const auto& [name, value] : run) {
      if (first.try_emplace(name, value).first->second != value) varies.insert(name);
    }
  }
  return varies;
}

bool has_its_own_place(std::string_view name) {
  return name == "algorithm" || name == "seed" || name.ends_with("_revision");
}
}  // namespace

std::vector<std::string> labels_of(const std::vector<Settings>& runs) {
  std::set<std::string_view> shown;
  for (const std::string_view name : varying(runs)) {
    if (!has_its_own_place(name)) shown.insert(name);
  }
  std::vector<std::string> labels;
  labels.reserve(runs.size());
  for (const Settings& run : runs) {
    std::string algorithm, rest, seed;
    for (const auto& [name, value] : run) {
      if (name == "algorithm") algorithm = value;
      if (name == "seed") seed = value;
      if (shown.count(name)) rest.append(" ").append(name).append("=").append(value);
    }
    labels.push_back(algorithm + rest + " seed=" + seed);
  }
  return labels;
}

std::string cell_label(const std::string& run_label) {
  return run_label.substr(0, run_label.rfind(" seed="));
}

std::vector<std::string> labels_of(const std::vector<PlannedRun>& runs) {
  std::deque<std::string> texts;
  std::vector<Settings> all;
  for (const PlannedRun& run : runs) {
    Settings settings;
    for (const auto& [name, value] : run.config.values())
      settings.emplace_back(name, texts.emplace_back(to_text(value)));
    all.push_back(std::move(settings));
  }
  return labels_of(all);
}

}  // namespace lockstep
