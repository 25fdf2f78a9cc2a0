#include "orchestrator/schedule/run_labels.hpp"

namespace lockstep {

namespace {
bool has_its_own_place(std::string_view name) {
  return name == "algorithm" || name == "seed" || name.ends_with("_revision");
}
}  // namespace

void ShownParameters::add(const RunSettings& runs) {
  for (const Setting& setting : runs.different()) {
    const auto [known, is_new] = parameters_.try_emplace(setting.name, Values{setting.text});
    if (known->second.first != setting.text) known->second.vary = true;
  }
}

bool ShownParameters::has(std::string_view name) const {
  const auto known = parameters_.find(name);
  return known != parameters_.end() && known->second.vary && !has_its_own_place(name);
}

std::vector<std::string> labels_of(const RunSettings& runs, const ShownParameters& shown) {
  const std::vector<Setting>& settings = runs.different();
  std::vector<std::string> words;  // of each setting, in a label
  for (const Setting& setting : settings)
    words.push_back(shown.has(setting.name) ? " " + setting.name + "=" + setting.text : "");
  std::vector<std::string> labels;
  labels.reserve(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::string rest;
    std::string_view algorithm, seed;
    runs.of_run(i, [&](std::size_t number) {
      const Setting& setting = settings[number];
      if (setting.name == "algorithm") algorithm = setting.text;
      if (setting.name == "seed") seed = setting.text;
      rest += words[number];
    });
    std::string& label = labels.emplace_back();
    label.append(algorithm).append(rest).append(" seed=").append(seed);
  }
  return labels;
}

std::string cell_label(const std::string& run_label) {
  return run_label.substr(0, run_label.rfind(" seed="));
}

std::vector<std::string> labels_of(const std::vector<PlannedRun>& runs) {
  RunSettings settings;
  for (const PlannedRun& run : runs) {
    settings.begin_run();
    for (const auto& [name, value] : run.config.values())
      settings.add(name, to_text(value), [](std::string_view text) { return std::string(text); });
  }
  ShownParameters shown;
  shown.add(settings);
  return labels_of(settings, shown);
}

}  // namespace lockstep
