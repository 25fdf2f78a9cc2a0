#include "reports/exporters/json_parts.hpp"

namespace lockstep {

namespace {
Json json_of(const Analysis& analysis, const EffectRow& row) {
  const auto contrast = [](const Contrast& of) {
    return Json{
        {"factor", text(of.factor)}, {"level", text(of.level)}, {"reference", text(of.reference)}};
  };
  const auto cells = [&](const std::vector<std::size_t>& context) {
    return array_of(context, [&](std::size_t i) { return text(analysis.cells[i].id); });
  };
  return {{"of", array_of(row.of, contrast)},
          {"contexts", array_of(row.contexts, cells)},
          {"effect", json_of(row.effect)},
          {"p", number(row.p)},
          {"p_holm", number(row.adjusted_p)},
          {"time_ratio", number(row.time_ratio)},
          {"refused", row.refused},
          {"unequal_grids", row.unequal_grids},
          {"confounds", array_of(row.confounds, text)}};
}
}  // namespace

Json json_of(const Analysis& analysis, const Effects& effects) {
  const auto with_cells = [&](const EffectRow& row) { return json_of(analysis, row); };
  return {{"factors", array_of(effects.factors, text)},
          {"main", array_of(effects.main, with_cells)},
          {"interactions", array_of(effects.interactions, with_cells)},
          {"left_out", array_of(effects.left_out, text)}};
}

}  // namespace lockstep
