#include "sweeps/spec/draft.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep::spec {

namespace {
constexpr std::size_t kMaxExclusions = 1000;

class DraftReader {
 public:
  DraftReader(const Tables& tables, const Node& spec, std::int64_t max_runs, Findings& findings)
      : tables_(tables), spec_(spec), max_runs_(max_runs), findings_(findings) {
    for (const Parameter& parameter : tables.parameters) names_.push_back(parameter.name);
  }

  Draft read() {
    Draft draft;
    draft.grid_place = whole_place();
    read_shared(draft);
    for (const Node* item : members("variants")) {
      if (expect_parameters(*item, "a variant")) draft.variants.push_back(variant(*item));
    }
    for (const Node* item : members("include")) {
      if (!expect_parameters(*item, "an include")) continue;
      draft.includes.push_back({item->place, settings(*item, "an include"), {}});
    }
    for (const Node* item : members("exclude")) {
      if (!expect_parameters(*item, "an exclude")) continue;
      draft.exclusions.push_back({item->place, settings(*item, "an exclude")});
    }
    limit_exclusions(draft);
    const bool implied = !spec_.find("variants") && (spec_.find("grid") || !spec_.find("include"));
    if (implied) draft.variants.push_back({whole_place(), {}, {}});
    return draft;
  }

 private:
  void read_shared(Draft& draft) {
    const Node* base = spec_.find("base");
    if (base && expect_parameters(*base, "base")) {
      draft.base = settings(*base, "base");
    } else if (base) {
      // What base was to say is unknown, so nothing can be said of any run.
      draft.base = {{tables_.parameter("dataset"), {}, base->key_place, base->place}};
    }
    const Node* grid = spec_.find("grid");
    if (!grid || !expect_parameters(*grid, "grid")) return;
    draft.grid = grid_axes(*grid);
    draft.grid_place = grid->key_place;
    warn_of_hidden_base(draft);
  }

  void limit_exclusions(Draft& draft) {
    if (draft.exclusions.size() <= kMaxExclusions) return;
    findings_.error(spec_.find("exclude")->key_place,
                    fmt::format("more than {} excludes", kMaxExclusions),
                    "choose the axes so that fewer runs have to be left out");
    draft.exclusions.clear();
  }

  /// Where to point at for what a spec without variants lacks.
  Place whole_place() const {
    for (const char* name : {"grid", "variants", "include", "base"}) {
      if (const Node* section = spec_.find(name)) return section->key_place;
    }
    return {};
  }

  /// The members of a section that is a list; empty where there is none or it is something else.
  std::vector<const Node*> members(const char* name) {
    std::vector<const Node*> items;
    const Node* section = spec_.find(name);
    if (!section || !expect_list(*section, name, findings_)) return items;
    for (const Node& item : section->items) items.push_back(&item);
    return items;
  }

  /// The parameter that a key names. Unknown ones are told; then it is the one that was probably
  /// meant, if any, and must be set without a value, lest its absence be told too.
  struct Named {
    const Parameter* parameter = nullptr;
    bool is_known = false;
  };
  Named parameter_of(const Node& item, std::string_view section,
                     const std::vector<std::string>& also = {}) {
    if (const Parameter* parameter = tables_.parameter(item.key)) return {parameter, true};
    auto candidates = names_;
    candidates.insert(candidates.end(), also.begin(), also.end());
    const auto near = nearest(item.key, candidates);
    findings_.error(item.key_place,
                    fmt::format("unknown parameter {} in {}", quoted(item.key), section),
                    near ? fmt::format("did you mean '{}'?", *near) : unknown_hint(item.key));
    return {near ? tables_.parameter(*near) : nullptr, false};
  }

  std::vector<Setting> axis_of(const Named& named, const Node& item) {
    if (named.is_known) return read_axis(tables_, *named.parameter, item, max_runs_, findings_);
    return {{named.parameter, {}, item.key_place, item.place}};
  }

  static std::string unknown_hint(const std::string& key) {
    if (key == "grid" || key == "zip") return "axes belong to the whole spec or to a variant";
    if (key == "variants" || key == "include" || key == "exclude" || key == "report" ||
        key == "launch" || key == "study" || key == "question" || key == "lockstep") {
      return fmt::format("'{}' belongs to the top level: look at its indentation", key);
    }
    return "`lockstep schema` has all parameters";
  }

  /// The members of a map that name parameters; `also` may stand there and are skipped.
  std::vector<Setting> settings(const Node& map, std::string_view section,
                                const std::vector<std::string>& also = {}) {
    std::vector<Setting> result;
    for (const Node& item : map.items) {
      if (std::find(also.begin(), also.end(), item.key) != also.end()) continue;
      const Named named = parameter_of(item, section, also);
      if (!named.parameter) continue;
      auto value = named.is_known ? read_value(tables_, *named.parameter, item, findings_)
                                  : std::optional<Value>{};
      result.push_back({named.parameter, std::move(value), item.key_place, item.place});
    }
    return result;
  }

  bool expect_parameters(const Node& map, std::string_view section) {
    if (map.kind == Node::Kind::map && !map.items.empty()) return true;
    const std::string what = map.kind == Node::Kind::map ? "an empty map" : found(map);
    findings_.error(map.place,
                    fmt::format("{} must be a map of parameters, found {}", section, what),
                    section == "grid" || section == "zip"
                        ? "write {seed: [1, 2, 3]}, or one 'parameter: [values]' to a line"
                        : "write {algorithm: sync_sgd}, or one 'parameter: value' to a line");
    return false;
  }

  std::vector<Axis> grid_axes(const Node& grid) {
    std::vector<Axis> axes;
    for (const Node& item : grid.items) {
      const Named named = parameter_of(item, "grid");
      if (!named.parameter) continue;
      Axis axis{{named.parameter}, {}};
      for (Setting& value : axis_of(named, item)) axis.points.push_back({std::move(value)});
      axes.push_back(std::move(axis));
    }
    return axes;
  }

  /// Axes that advance together: one axis whose points have a value for each of them.
  void zip_axis(const Node& zip, std::vector<Axis>& axes) {
    if (!expect_parameters(zip, "zip")) return;
    Axis axis;
    for (const Node& item : zip.items) {
      const Named named = parameter_of(item, "zip");
      if (!named.parameter) continue;
      auto values = axis_of(named, item);
      if (!fits(axis, item, values)) continue;
      axis.parameters.push_back(named.parameter);
      axis.points.resize(values.size());
      for (std::size_t i = 0; i < values.size(); ++i)
        axis.points[i].push_back(std::move(values[i]));
    }
    if (!axis.parameters.empty()) axes.push_back(std::move(axis));
  }

  bool fits(const Axis& axis, const Node& item, const std::vector<Setting>& values) {
    if (axis.parameters.empty() || axis.points.size() == values.size()) return true;
    const bool unusable = values.size() == 1 && !values.front().value;
    if (!unusable) {
      findings_.error(
          item.place,
          fmt::format("zip couples axes of equal length: {} has {} values, {} has {}",
                      axis.parameters.front()->name, axis.points.size(), item.key, values.size()),
          "a grid multiplies axes of any length");
    }
    return false;
  }

  Block variant(const Node& item) {
    Block block{item.place, settings(item, "a variant", {"grid", "zip"}), {}};
    const Node* grid = item.find("grid");
    if (grid && expect_parameters(*grid, "grid")) block.axes = grid_axes(*grid);
    if (const Node* zip = item.find("zip")) zip_axis(*zip, block.axes);
    tell_double_use(block);
    return block;
  }

  /// A parameter stands in one of a variant's values, its grid and its zip.
  void tell_double_use(const Block& block) {
    std::vector<const Parameter*> seen;
    for (const Setting& setting : block.fixed) seen.push_back(setting.parameter);
    for (const Axis& axis : block.axes) {
      for (const Setting& first : axis.points.front()) {
        if (!first.value) continue;  // told already
        if (std::find(seen.begin(), seen.end(), first.parameter) == seen.end()) {
          seen.push_back(first.parameter);
          continue;
        }
        findings_.error(first.key_place,
                        fmt::format("{} is given twice in this variant", first.parameter->name),
                        "keep it in one of: the variant itself, its grid, its zip");
      }
    }
  }

  /// A grid axis replaces a value of base, which then says something that is not so.
  void warn_of_hidden_base(const Draft& draft) {
    if (spec_.find("include")) return;
    for (const Axis& axis : draft.grid) {
      for (const Setting& setting : draft.base) {
        if (setting.parameter != axis.parameters.front() || !setting.value) continue;
        findings_.warning(
            setting.key_place,
            fmt::format("the axis {} of grid replaces this value", setting.parameter->name),
            "take it away here");
      }
    }
  }

  const Tables& tables_;
  const Node& spec_;
  std::int64_t max_runs_;
  Findings& findings_;
  std::vector<std::string> names_;
};
}  // namespace

Draft read_draft(const Tables& tables, const Node& spec, std::int64_t max_runs,
                 Findings& findings) {
  return DraftReader(tables, spec, max_runs, findings).read();
}

}  // namespace lockstep::spec
