#include "reports/analysis/factors.hpp"

#include <algorithm>
#include <set>

namespace lockstep {

namespace {
const RunConfig& config_of(const Work& work, std::size_t cell) {
  return work.runs[cell].all.front()->config;
}

std::vector<std::size_t> shown_cells(const Work& work) {
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
    if (work.out.cells[i].selected && work.out.cells[i].accuracy.known()) shown.push_back(i);
  }
  return shown;
}

bool may_be_factor(const Work& work, const std::string& name) {
  const auto& tuned = work.study.report.select;
  return name != "seed" && !name.ends_with("_revision") &&
         std::find(tuned.begin(), tuned.end(), name) == tuned.end();
}

/// Each cell has what its algorithm has anyway: slowmo resets the buffers that others maintain.
bool follows_from_algorithm(const Work& work, const std::vector<std::size_t>& cells,
                            const std::string& name) {
  return name != "algorithm" && std::all_of(cells.begin(), cells.end(), [&](std::size_t i) {
           const Cell& cell = work.out.cells[i];
           const auto own = cell.parameters.find(name);
           return own == cell.parameters.end() ||
                  own->second == default_of(work.tables, cell.algorithm, name);
         });
}

/// Cells are sorted by the table of algorithms, so theirs are met in its order.
std::vector<std::string> levels_of(const Work& work, const std::vector<std::size_t>& cells,
                                   const std::string& name) {
  std::vector<const Value*> values;
  for (const std::size_t i : cells) {
    const auto& all = config_of(work, i).values();
    const auto found = all.find(name);
    if (found != all.end()) values.push_back(&found->second);
  }
  if (name != "algorithm")
    std::stable_sort(values.begin(), values.end(),
                     [](const Value* a, const Value* b) { return compare_values(a, b) < 0; });
  std::vector<std::string> levels;
  for (const Value* value : values) {
    if (levels.empty() || levels.back() != to_text(*value)) levels.push_back(to_text(*value));
  }
  return levels;
}

std::vector<std::string> names_of(const Work& work, const std::vector<std::size_t>& cells) {
  std::vector<std::string> names{"algorithm", "H", "workers"};
  std::set<std::string> others;
  for (const std::size_t i : cells) {
    for (const auto& [name, value] : config_of(work, i).values()) others.insert(name);
  }
  for (const std::string& name : names) others.erase(name);
  names.insert(names.end(), others.begin(), others.end());
  return names;
}

Levels place_of(const std::vector<Factor>& factors, const Cell& cell) {
  Levels place;
  for (const Factor& factor : factors) {
    const auto own = cell.parameters.find(factor.name);
    const auto level = own == cell.parameters.end()
                           ? factor.levels.end()
                           : std::find(factor.levels.begin(), factor.levels.end(), own->second);
    place.push_back(level == factor.levels.end()
                        ? kNoLevel
                        : static_cast<std::size_t>(level - factor.levels.begin()));
  }
  return place;
}

/// Empty if a cell is missing.
std::vector<std::size_t> context_at(const Design& design, const Levels& place,
                                    const std::vector<Side>& sides) {
  std::vector<std::size_t> context;
  for (std::size_t k = 0; k < std::size_t{1} << sides.size(); ++k) {
    Levels other = place;
    for (std::size_t i = 0; i < sides.size(); ++i) {
      if ((k >> i & 1U) != 0) other[sides[i].factor] = sides[i].reference;
    }
    const auto found = design.cell_at.find(other);
    if (found == design.cell_at.end()) return {};
    context.push_back(found->second);
  }
  return context;
}
}  // namespace

Design design_of(const Work& work) {
  Design design;
  const std::vector<std::size_t> cells = shown_cells(work);
  for (const std::string& name : names_of(work, cells)) {
    if (!may_be_factor(work, name)) continue;
    Factor factor{name, levels_of(work, cells, name)};
    if (factor.levels.size() > 1 && !follows_from_algorithm(work, cells, name))
      design.factors.push_back(std::move(factor));
  }
  // Two cells of one place differ in what only one of them has (epochs and steps): neither is known
  // to match anything.
  std::set<Levels> shared;
  for (const std::size_t i : cells) {
    const Levels place = place_of(design.factors, work.out.cells[i]);
    if (!design.cell_at.emplace(place, i).second) shared.insert(place);
  }
  for (const Levels& place : shared) design.cell_at.erase(place);
  return design;
}

std::vector<std::vector<std::size_t>> contexts_of(const Design& design,
                                                  const std::vector<Side>& sides) {
  std::vector<std::vector<std::size_t>> contexts;
  for (const auto& entry : design.cell_at) {
    const Levels& place = entry.first;
    const bool here = std::all_of(sides.begin(), sides.end(), [&](const Side& side) {
      return place[side.factor] == side.level;
    });
    if (!here) continue;
    std::vector<std::size_t> context = context_at(design, place, sides);
    if (!context.empty()) contexts.push_back(std::move(context));
  }
  return contexts;
}

}  // namespace lockstep
