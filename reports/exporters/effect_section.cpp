// The section on factors: what each does on average over the others, and whether they act apart.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "reports/exporters/sections.hpp"
#include "reports/statistics/paired.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
using Rows = std::vector<EffectRow>;

std::ptrdiff_t tested(const Rows& rows) {
  return std::count_if(rows.begin(), rows.end(),
                       [](const EffectRow& row) { return !std::isnan(row.p); });
}

bool hides_p(const EffectRow& row) { return row.unequal_grids && std::isnan(row.p); }

std::set<int> sizes_of(const Effects& effects) {
  std::set<int> sizes;
  for (const Rows* rows : {&effects.main, &effects.interactions}) {
    for (const EffectRow& row : *rows) sizes.insert(row.effect.n());
  }
  return sizes;
}

std::string what_an_effect_is(const Analysis& analysis) {
  const Effects& effects = analysis.effects;
  return fmt::format(
      "The selected cells differ in {}. Effect of a factor: test accuracy at a level less that at "
      "the reference, in percentage points, over all pairs of cells that agree in every other "
      "factor (the contexts). At each seed that all of these cells have, the mean over contexts; "
      "of these values, one per seed, mean and {:.0f} % Student-t interval, which is not adjusted. "
      "The reference is the first level that there is such a pair with. p: two-sided, exact over "
      "the flips of the values' signs (Student's t above {} seeds); adjusted by Holm over those of "
      "the same table that have one ({} and {}).{}{}",
      fmt::join(effects.factors, ", "), 100 * kConfidence, kMostForFlips, tested(effects.main),
      tested(effects.interactions), bounds_of(sizes_of(effects)),
      analysis.views.empty() || analysis.effects.main.empty()
          ? ""
          : fmt::format(" Time: training time at the level over that at the reference ({}), "
                        "geometric mean over contexts.",
                        name_of(analysis.views.front())));
}

/// What both tables have: all columns but those that say of what.
Table with_columns(Table table) {
  for (const char* name : {"effect [points]", "time", "n", "contexts", "p", "p adjusted"})
    table.columns.push_back({name, true});
  table.columns.push_back({"also differs"});
  return table;
}

void add(Table& table, std::vector<std::string> line, const EffectRow& row) {
  const std::string p = hides_p(row) ? "unequal grids" : compact(row.p, 3);
  for (const std::string& text :
       {points_with_ci(row.effect), significant(row.time_ratio, 3), std::to_string(row.effect.n()),
        std::to_string(row.contexts.size()), p, compact(row.adjusted_p, 3),
        also_differs(row.confounds, row.refused)})
    line.push_back(text);
  table.add(std::move(line));
}

Table main_table(const Rows& rows) {
  Table table =
      with_columns({.caption = "main effects", .columns = {{"factor"}, {"level"}, {"reference"}}});
  for (const EffectRow& row : rows) {
    const Contrast& of = row.of.front();
    add(table, {of.factor, of.level, of.reference}, row);
  }
  return table;
}

std::string in_words(const Contrast& of) {
  return fmt::format("{}: {} less {}", of.factor, of.level, of.reference);
}

Table interaction_table(const Rows& rows) {
  Table table = with_columns({.caption = "interactions", .columns = {{"effect of"}, {"by"}}});
  for (const EffectRow& row : rows) add(table, {in_words(row.of[0]), in_words(row.of[1])}, row);
  return table;
}
}  // namespace

Section effect_section(const Analysis& analysis) {
  const Effects& effects = analysis.effects;
  Section section{.id = "effects", .title = "Effects of the factors"};
  if (effects.factors.empty()) return section;
  section.paragraphs.push_back(what_an_effect_is(analysis));
  if (!effects.interactions.empty()) {
    section.paragraphs.push_back(
        "Interaction: the first factor's effect where the second is at its level, less the same "
        "where that is at its reference (of times, their ratio). Where it is not near 0 points and "
        "a ratio of 1, a main effect is an average over contexts that differ, and holds in none.");
  }
  if (!effects.left_out.empty()) {
    section.paragraphs.push_back(fmt::format(
        "Without a row: {}. No two cells with a seed in common differ in that alone, or it has "
        "more than {} levels.",
        fmt::join(effects.left_out, ", "), kMostLevelsOfFactor));
  }
  if (!effects.main.empty()) section.tables.push_back(main_table(effects.main));
  if (!effects.interactions.empty())
    section.tables.push_back(interaction_table(effects.interactions));
  return section;
}

}  // namespace lockstep
