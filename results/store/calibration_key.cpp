// What changes the cost of a step: read off the tables, so that a new model brings its parameters
// by itself.
#include <fmt/format.h>

#include <algorithm>

#include "results/store/study_data.hpp"

namespace lockstep {

namespace {
/// Optimizer parameters that add or remove work in a step, each with a word for the key. Values
/// alone (lr, the size of momentum or decay) cost nothing and are left out.
std::string optimizer_text(const RunConfig& config) {
  std::string text = "sgd";
  if (config.has("momentum") && config.real("momentum") != 0) {
    text += config.flag("nesterov") ? " nesterov" : " momentum";
  }
  if (config.has("weight_decay") && config.real("weight_decay") != 0) text += " weight-decay";
  return text;
}

/// bn_statistics and the like are used by models but act at syncs and evaluations, not in a step.
bool costs_nothing_per_step(const std::string& name) { return name.starts_with("bn_"); }

std::string row_text(const RunConfig& config, const std::vector<std::string>& uses) {
  std::string text;
  for (const std::string& name : uses) {
    if (costs_nothing_per_step(name) || !config.has(name)) continue;
    text += fmt::format(" {}={}", name, to_text(config.value(name)));
  }
  return text;
}
}  // namespace

std::string calibration_key(const Tables& tables, const RunConfig& config) {
  const ModelRow* model = tables.model(config.text("model"));
  std::string text = config.text("model");
  if (model) text += row_text(config, model->uses);
  text +=
      fmt::format(" {} batch={} {} {}", config.text("dataset"), config.integer("batch_per_worker"),
                  config.text("precision"), optimizer_text(config));
  // Data loading is part of a step; a parameter at its default is no part of older keys.
  if (config.has("augmentation") && config.text("augmentation") != "none")
    text += " augmentation=" + config.text("augmentation");
  return text;
}

}  // namespace lockstep
