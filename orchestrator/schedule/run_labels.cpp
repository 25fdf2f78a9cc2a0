#include "orchestrator/schedule/run_labels.hpp"

#include <deque>

namespace lockstep {

namespace {
bool has_its_own_place(std::string_view name) {
  return name == "algorithm" || name == "seed" || name.ends_with("_revision");
}

/// The parameters of all runs, and which have more than one value.
class Parameters {
 public:
  void add(const Settings& run) {
    for (const auto& [name, value] : run) {
      Parameter& known = find(name, value);
      known.varies = known.varies || known.value != value;
    }
  }

  bool is_shown(std::string_view name) { return find(name, "").varies && !has_its_own_place(name); }

 private:
  struct Parameter {
    std::string_view name, value;
    bool varies = false;
  };

  /// Adds it where it is new. All runs have them in one order, so the one after the last is tried
  /// first.
  Parameter& find(std::string_view name, std::string_view value) {
    for (std::size_t tries = all_.size(); tries > 0; --tries) {
      if (++last_ >= all_.size()) last_ = 0;
      if (all_[last_].name == name) return all_[last_];
    }
    last_ = all_.size();
    return all_.emplace_back(Parameter{name, value});
  }

  std::vector<Parameter> all_;
  std::size_t last_ = 0;
};
}  // namespace

std::vector<std::string> labels_of(const std::vector<Settings>& runs) {
  Parameters parameters;
  for (const Settings& run : runs) parameters.add(run);
  std::vector<std::string> labels;
  labels.reserve(runs.size());
  for (const Settings& run : runs) {
    std::string algorithm, rest, seed;
    for (const auto& [name, value] : run) {
      if (name == "algorithm") algorithm = value;
      if (name == "seed") seed = value;
      if (parameters.is_shown(name)) rest.append(" ").append(name).append("=").append(value);
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
