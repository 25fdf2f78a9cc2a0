// What the page's network explorer knows: numbers for its script, and what its controls offer.
// Internal to reports/exporters.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "reports/analysis.hpp"

namespace lockstep {

/// The networks to jump to: the one that was fitted, if the study asks for it, those that its spec
/// declares, and the named networks.
std::vector<Network> explorer_networks(const Analysis& analysis);

/// A line of the page's list of stragglers.
struct StragglerChoice {
  double mean;        ///< excess of a step, as a share of it
  std::size_t model;  ///< member of a round
  std::string words;
  bool own;  ///< the report's
};
/// Mean excesses to choose from, with the report's own among them; behind them its own model.
std::vector<StragglerChoice> straggler_choices(const Analysis& analysis);
/// Whether the spec's stragglers are of another model than the page's exponential one.
bool has_own_model(const Analysis& analysis);

/// Whether measured points stand beside simulated ones: where both are training time.
bool has_measured_points(const Analysis& analysis);

/// The data of page/explorer.js, which says what each member is.
nlohmann::ordered_json explorer_data(const Analysis& analysis,
                                     const std::vector<Network>& networks);

}  // namespace lockstep
