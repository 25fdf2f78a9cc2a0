#include "sweeps/spec/expand.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <unordered_set>

namespace lockstep::spec {

namespace {
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

bool names(const Axis& axis, const Parameter* parameter) {
  return std::find(axis.parameters.begin(), axis.parameters.end(), parameter) !=
         axis.parameters.end();
}

/// Whether the block itself says what `parameter` is.
bool decides(const Block& block, const Parameter* parameter) {
  return std::any_of(block.fixed.begin(), block.fixed.end(),
                     [&](const Setting& setting) { return setting.parameter == parameter; }) ||
         std::any_of(block.axes.begin(), block.axes.end(),
                     [&](const Axis& axis) { return names(axis, parameter); });
}

/// The axes of a variant, outermost first: its own, the outer grid's that it does not decide, and
/// the seed last.
std::vector<const Axis*> axes_of(const Draft& draft, const Block& block) {
  std::vector<const Axis*> axes;
  for (const Axis& axis : block.axes) axes.push_back(&axis);
  for (const Axis& axis : draft.grid) {
    if (!decides(block, axis.parameters.front())) axes.push_back(&axis);
  }
  std::stable_partition(axes.begin(), axes.end(), [](const Axis* axis) {
    return std::none_of(axis->parameters.begin(), axis->parameters.end(),
                        [](const Parameter* parameter) { return parameter->name == "seed"; });
  });
  return axes;
}

std::int64_t product(const std::vector<const Axis*>& axes) {
  std::int64_t runs = 1;
  for (const Axis* axis : axes) {
    if (__builtin_mul_overflow(runs, static_cast<std::int64_t>(axis->points.size()), &runs)) {
      return kMost;
    }
  }
  return runs;
}

/// One run while it is put together: for each parameter of the table, what gave it its value.
using Chosen = std::vector<const Setting*>;

class Expander {
 public:
  Expander(const Tables& tables, const Draft& draft, Findings& findings)
      : tables_(tables), draft_(draft), findings_(findings), matched_(draft.exclusions.size()) {}

  std::vector<PlannedRun> expand() {
    for (const Block& block : draft_.variants) variant(block);
    for (const Block& block : draft_.includes) {
      add(block, chosen_for(block), false);
    }
    if (findings_.has_errors()) return {};
    tell_idle_exclusions();
    return std::move(runs_);
  }

 private:
  std::size_t index_of(const Parameter* parameter) const {
    return static_cast<std::size_t>(parameter - tables_.parameters.data());
  }

  void choose(Chosen& chosen, const std::vector<Setting>& settings) const {
    for (const Setting& setting : settings) chosen[index_of(setting.parameter)] = &setting;
  }

  Chosen chosen_for(const Block& block) const {
    Chosen chosen(tables_.parameters.size());
    choose(chosen, draft_.base);
    choose(chosen, block.fixed);
    return chosen;
  }

  void variant(const Block& block) {
    const auto axes = axes_of(draft_, block);
    std::vector<std::size_t> digits(axes.size());
    Chosen chosen = chosen_for(block);
    while (true) {
      for (std::size_t i = 0; i < axes.size(); ++i) choose(chosen, axes[i]->points[digits[i]]);
      add(block, chosen, true);
      std::size_t i = axes.size();
      while (i > 0 && ++digits[i - 1] == axes[i - 1]->points.size()) digits[--i] = 0;
      if (i == 0) return;
    }
  }

  const Setting* setting(const Chosen& chosen, std::string_view name) const {
    const Parameter* parameter = tables_.parameter(name);
    return parameter ? chosen[index_of(parameter)] : nullptr;
  }

  bool is_illegal(const Chosen& chosen, std::string_view name) const {
    const Setting* found = setting(chosen, name);
    return found && !found->value;
  }

  void add(const Block& block, const Chosen& chosen, bool may_be_excluded) {
    for (const char* row : {"algorithm", "model", "dataset"}) {
      if (is_illegal(chosen, row)) return;  // nobody knows what the run would use
    }
    std::map<std::string, Value> given;
    bool complete = true;
    for (const Setting* one : chosen) {
      if (!one) continue;
      complete = complete && one->value;
      if (one->value) given.emplace_hint(given.end(), one->parameter->name, *one->value);
    }
    Resolution resolution = resolve(tables_, given);
    if (may_be_excluded && excluded(resolution.config, given)) return;
    for (const Problem& problem : resolution.problems) {
      if (complete || !follows_from_illegal(chosen, resolution.config, problem)) {
        tell(block, chosen, resolution.config, problem);
      }
    }
    if (resolution.problems.empty() && complete) plan(std::move(resolution.config));
  }

  void plan(RunConfig config) {
    RunId id = RunId::of(config);
    if (!ids_.insert(id.text()).second) return;
    std::string cell = cell_of(config);
    runs_.push_back({std::move(id), std::move(cell), std::move(config)});
  }

  /// Whether the problem may only be there because a value of the run was illegal and is now
  /// missing.
  bool follows_from_illegal(const Chosen& chosen, const RunConfig& config,
                            const Problem& problem) const {
    if (config.has(problem.parameter)) return true;  // a composition with a value that stands in
    const Parameter* parameter = tables_.parameter(problem.parameter);
    return is_illegal(chosen, problem.parameter) || is_illegal(chosen, parameter->instead_of) ||
           (parameter->when && is_illegal(chosen, parameter->when->parameter));
  }

  /// Points at the value for a bad combination, at the key of what is not used, at the variant for
  /// what is missing.
  void tell(const Block& block, const Chosen& chosen, const RunConfig& config,
            const Problem& problem) {
    const Setting* origin = setting(chosen, problem.parameter);
    const bool is_used = config.has(problem.parameter);
    const Place place = !origin ? block.place : is_used ? origin->place : origin->key_place;
    // What is missing is told once per parameter, everything else once per place.
    const std::string subject = origin ? "" : problem.parameter;
    if (!told_.emplace(place.line, place.column, subject).second) return;
    findings_.error(place, problem.message, problem.hint);
  }

  static bool matches(const Exclusion& exclusion, const RunConfig& config,
                      const std::map<std::string, Value>& given) {
    return std::all_of(exclusion.settings.begin(), exclusion.settings.end(), [&](const Setting& s) {
      if (!s.value) return false;
      const auto used = config.values().find(s.parameter->name);
      if (used != config.values().end()) return used->second == *s.value;
      const auto asked = given.find(s.parameter->name);
      return asked != given.end() && asked->second == *s.value;
    });
  }

  bool excluded(const RunConfig& config, const std::map<std::string, Value>& given) {
    bool any = false;
    for (std::size_t i = 0; i < draft_.exclusions.size(); ++i) {
      const Exclusion& exclusion = draft_.exclusions[i];
      if (exclusion.settings.empty() || !matches(exclusion, config, given)) continue;
      matched_[i] = true;
      any = true;
    }
    return any;
  }

  void tell_idle_exclusions() {
    for (std::size_t i = 0; i < draft_.exclusions.size(); ++i) {
      if (matched_[i]) continue;
      findings_.warning(draft_.exclusions[i].place, "this exclude matches no run",
                        "a run must have all of its values; `include` is not reached by it");
    }
  }

  const Tables& tables_;
  const Draft& draft_;
  Findings& findings_;
  std::vector<bool> matched_;
  std::vector<PlannedRun> runs_;
  std::unordered_set<std::string> ids_;
  std::set<std::tuple<int, int, std::string>> told_;
};
}  // namespace

std::int64_t count_runs(const Draft& draft) {
  auto runs = static_cast<std::int64_t>(draft.includes.size());
  for (const Block& block : draft.variants) {
    if (__builtin_add_overflow(runs, product(axes_of(draft, block)), &runs)) return kMost;
  }
  return runs;
}

std::vector<PlannedRun> expand(const Tables& tables, const Draft& draft, std::int64_t max_runs,
                               Findings& findings) {
  const std::int64_t runs = count_runs(draft);
  if (runs > max_runs) {
    findings.error(draft.grid_place,
                   fmt::format("the spec asks for {}{} runs; at most {} are planned at once",
                               runs == kMost ? "more than " : "", runs, max_runs),
                   "thin the axes, or split the study");
    return {};
  }
  return Expander(tables, draft, findings).expand();
}

}  // namespace lockstep::spec
