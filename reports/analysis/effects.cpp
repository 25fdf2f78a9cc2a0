// Main effects and interactions of the factors, over cells that agree in everything else, paired by
// seed. A seed counts if every cell of a row has it: then all values of the row are one and the
// same contrast of cells, and Student's t and sign flips over seeds are about equals.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "reports/analysis/factors.hpp"

namespace lockstep {

namespace {
using Names = std::vector<std::string>;
using Context = std::vector<std::size_t>;

/// Accuracies are shares of some thousand samples: what is smaller comes of adding in floating
/// point, and must not become the sign of a difference.
constexpr double kRounding = 1e-12;

/// What the rows are made of, by cell.
struct Sources {
  const Work& work;
  Design design;
  std::vector<SeedValues> accuracies;
  std::vector<int> settings;  ///< tried in the cell's tuning group
  std::vector<double> times;  ///< on the first view
  std::vector<std::vector<Names>>
      machines;  ///< values of each of aspects(); of cells in the design
};

Sources sources_of(const Work& work) {
  const auto& cells = work.out.cells;
  Sources sources{work, design_of(work), {}, {}, std::vector<double>(cells.size(), kUnknown), {}};
  if (sources.design.factors.size() < 2) return sources;
  std::map<std::string, int> tried;
  for (const Cell& cell : cells) ++tried[cell.group];
  for (const Cell& cell : cells) {
    sources.accuracies.push_back(accuracy_by_seed(cell));
    sources.settings.push_back(tried[cell.group]);
  }
  if (!work.out.views.empty()) {
    for (const ViewRow& row : work.out.views.front().rows) sources.times[row.cell] = row.time.mean;
  }
  sources.machines.resize(cells.size());
  for (const auto& [place, cell] : sources.design.cell_at) {
    for (const Aspect& aspect : aspects())
      sources.machines[cell].push_back(values_of(aspect, work.runs[cell]));
  }
  return sources;
}

/// Whether the cell at this place of a context is added or taken off.
bool is_added(std::size_t place) { return std::popcount(place) % 2 == 0; }
double signed_at(std::size_t place, double value) { return is_added(place) ? value : -value; }

std::vector<double> by_seed(const Sources& sources, const std::vector<Context>& contexts) {
  std::vector<double> values;
  if (contexts.empty()) return values;
  for (const auto& [seed, unused] : sources.accuracies[contexts.front().front()]) {
    double sum = 0;
    for (const Context& context : contexts) {
      for (std::size_t k = 0; k < context.size(); ++k) {
        const SeedValues& of_cell = sources.accuracies[context[k]];
        const auto found = of_cell.find(seed);
        sum += found == of_cell.end() ? kUnknown : signed_at(k, found->second);
      }
    }
    const double mean = sum / static_cast<double>(contexts.size());
    if (std::isfinite(mean)) values.push_back(std::round(mean / kRounding) * kRounding);
  }
  return values;
}

double time_ratio(const Sources& sources, const std::vector<Context>& contexts) {
  double sum = 0;
  for (const Context& context : contexts) {
    for (std::size_t k = 0; k < context.size(); ++k)
      sum += signed_at(k, std::log(sources.times[context[k]]));
  }
  const double ratio = std::exp(sum / static_cast<double>(contexts.size()));
  return std::isfinite(ratio) ? ratio : kUnknown;
}

bool unequal_grids(const Sources& sources, const std::vector<Context>& contexts) {
  return std::any_of(contexts.begin(), contexts.end(), [&](const Context& context) {
    return std::any_of(context.begin(), context.end(), [&](std::size_t cell) {
      return sources.settings[cell] != sources.settings[context.front()];
    });
  });
}

/// What the cells that are added and those that are taken off have different in some context.
void find_confounds(const Sources& sources, EffectRow& row) {
  for (std::size_t a = 0; a < aspects().size(); ++a) {
    const Aspect& aspect = aspects()[a];
    if (aspect.of_time_only && !on_measured_clock(sources.work)) continue;
    std::set<std::string> ours, others;
    for (const Context& context : row.contexts) {
      std::set<std::string> added, taken;
      for (std::size_t k = 0; k < context.size(); ++k) {
        const Names& seen = sources.machines[context[k]][a];
        (is_added(k) ? added : taken).insert(seen.begin(), seen.end());
      }
      if (added == taken) continue;
      ours.merge(added), others.merge(taken);
    }
    if (ours.empty() || others.empty()) continue;
    row.confounds.push_back(
        describe(aspect, {ours.begin(), ours.end()}, {others.begin(), others.end()}));
    row.refused = row.refused || aspect.forbids;
  }
}

/// False: no cells match, or they have no seed in common.
bool add_row(const Sources& sources, const std::vector<Side>& sides, std::vector<EffectRow>& rows) {
  EffectRow row{.contexts = contexts_of(sources.design, sides), .effect = estimate({})};
  std::vector<double> values = by_seed(sources, row.contexts);
  if (values.empty()) return false;
  for (const Side& side : sides) {
    const Factor& factor = sources.design.factors[side.factor];
    row.of.push_back({factor.name, factor.levels[side.level], factor.levels[side.reference]});
  }
  find_confounds(sources, row);
  row.unequal_grids = unequal_grids(sources, row.contexts);
  if (!row.refused) {
    row.time_ratio = time_ratio(sources, row.contexts);
    if (!row.unequal_grids || sources.work.study.report.compare_unequal)
      row.p = sign_flip_p(values);
    row.effect = estimate(std::move(values));
  }
  rows.push_back(std::move(row));
  return true;
}

bool too_many(const Factor& factor) { return factor.levels.size() > kMostLevelsOfFactor; }

/// Each level against the first one before it that it can be compared with.
void add_main(const Sources& sources, std::size_t f, Effects& effects) {
  const Factor& factor = sources.design.factors[f];
  if (too_many(factor)) {
    effects.left_out.push_back(fmt::format("{} ({} levels)", factor.name, factor.levels.size()));
    return;
  }
  std::set<std::size_t> compared;
  for (std::size_t level = 1; level < factor.levels.size(); ++level) {
    for (std::size_t reference = 0; reference < level; ++reference) {
      if (!add_row(sources, {{f, level, reference}}, effects.main)) continue;
      compared.insert({level, reference});
      break;
    }
  }
  if (compared.empty()) return effects.left_out.push_back(factor.name);
  for (std::size_t level = 0; level < factor.levels.size(); ++level) {
    if (!compared.count(level))
      effects.left_out.push_back(factor.name + " " + factor.levels[level]);
  }
}

/// Against the first levels of both that complete a context.
void add_interaction(const Sources& sources, Side a, Side b, Effects& effects) {
  for (a.reference = 0; a.reference < a.level; ++a.reference) {
    for (b.reference = 0; b.reference < b.level; ++b.reference) {
      if (add_row(sources, {a, b}, effects.interactions)) return;
    }
  }
}

void add_interactions(const Sources& sources, std::size_t f, std::size_t g, Effects& effects) {
  const Factor &first = sources.design.factors[f], &second = sources.design.factors[g];
  if (too_many(first) || too_many(second)) return;
  for (std::size_t a = 1; a < first.levels.size(); ++a) {
    for (std::size_t b = 1; b < second.levels.size(); ++b)
      add_interaction(sources, {f, a, 0}, {g, b, 0}, effects);
  }
}

void adjust(std::vector<EffectRow>& rows) {
  std::vector<double> p;
  for (const EffectRow& row : rows) p.push_back(row.p);
  const std::vector<double> adjusted = holm(p);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].adjusted_p = adjusted[i];
}
}  // namespace

void find_effects(Work& work) {
  const Sources sources = sources_of(work);
  const std::size_t n = sources.design.factors.size();
  if (n < 2) return;
  Effects& effects = work.out.effects;
  for (std::size_t f = 0; f < n; ++f) {
    effects.factors.push_back(sources.design.factors[f].name);
    add_main(sources, f, effects);
  }
  for (std::size_t f = 0; f < n; ++f) {
    for (std::size_t g = f + 1; g < n; ++g) add_interactions(sources, f, g, effects);
  }
  adjust(effects.main);
  adjust(effects.interactions);
}

}  // namespace lockstep
