#include "reports/exporters/explorer_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "reports/chart/charts.hpp"
#include "reports/chart/style.hpp"
#include "reports/text/escape.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
using Json = nlohmann::ordered_json;

/// Digits of computed numbers in the data: far beyond what is shown, and the same with every libm.
constexpr int kDigits = 12;
/// The same of what is only drawn.
constexpr int kDrawnDigits = 5;
constexpr double kMarker = 10;

double rounded(double value, int digits) {
  return std::stod(fmt::format("{:.{}g}", value, digits));
}

/// Models of stragglers that the page knows: exponential, and the spec's if it is another. A round
/// has a member for each.
using Models = std::vector<RoundExcess>;
/// Where the members of a round begin that are of Models.
constexpr std::size_t kFirstModel = 2;

Models models_of(const Analysis& analysis) {
  Models models{RoundExcess({Stragglers::Kind::exponential, 1})};
  if (has_own_model(analysis)) models.emplace_back(stragglers_of(analysis.report.stragglers, 1));
  return models;
}

Json json_of(const Models& models, const Tally& log, std::int64_t workers) {
  Json rounds = Json::array(), exchanges = Json::array();
  for (const auto& [steps, count] : log.rounds) {
    rounds.push_back({steps, count});
    for (const RoundExcess& model : models)
      rounds.back().push_back(rounded(model.slowest(workers, steps), kDigits));
  }
  for (const auto& [exchange, count] : log.exchanges) {
    exchanges.push_back({exchange.bytes, exchange.gradient ? 1 : 0, exchange.hidden_steps, count});
  }
  return {{"rounds", std::move(rounds)}, {"exchanges", std::move(exchanges)}};
}

Json look_of(const Analysis& analysis, const Cell& cell) {
  Json look{{"name", plain(cell.short_label)},
            {"style", analysis.algorithm_style[cell.algorithm_index] % kStyles},
            {"accuracy", cell.accuracy.mean}};
  if (const auto& ci = cell.accuracy.ci)
    look["ci"] = {rounded(ci->low, kDrawnDigits), rounded(ci->high, kDrawnDigits)};
  return look;
}

/// Whether the baseline is synchronous SGD, or what takes its place.
bool is_lockstep(const Analysis& analysis, const DifferenceRow& row) {
  return row.baseline_stands_in || analysis.cells[row.baseline].algorithm == "sync_sgd";
}

/// Place in `redraws` of the cell's baseline among synchronous SGD; null where it has none.
Json baseline_of(const Analysis& analysis, std::size_t cell) {
  for (const DifferenceRow& row : analysis.differences) {
    if (row.cell != cell || !is_lockstep(analysis, row)) continue;
    for (std::size_t i = 0; i < analysis.redraws.size(); ++i) {
      if (analysis.redraws[i].cell == row.baseline) return i;
    }
  }
  return nullptr;
}

Json json_of(const Models& models, const Analysis& analysis, const Redraw& redraw) {
  const Cell& cell = analysis.cells[redraw.cell];
  Json all = look_of(analysis, cell), logs = Json::array();
  for (const Tally& log : redraw.logs) logs.push_back(json_of(models, log, cell.workers));
  all["workers"] = cell.workers;
  all["step"] = redraw.cost.step_s;
  all["backward"] = redraw.cost.backward_s;
  all["average"] = redraw.cost.average_s;
  all["logs"] = std::move(logs);
  all["seeds"] = redraw.log_of;
  all["base"] = baseline_of(analysis, redraw.cell);
  return all;
}

bool is_declared(const Analysis& analysis, const std::string& name) {
  const auto& declared = analysis.report.declared;
  return std::any_of(declared.begin(), declared.end(),
                     [&](const DeclaredNetwork& network) { return network.name == name; });
}

/// The slowest network of the report: there the cells lie furthest apart.
std::size_t first_of(const Analysis& analysis, const std::vector<Network>& networks) {
  const View* slowest = nullptr;
  for (const View& view : analysis.views) {
    if (!view.profile) continue;
    if (!slowest || view.profile->bandwidth_bytes_s < slowest->profile->bandwidth_bytes_s)
      slowest = &view;
  }
  std::size_t i = 0;
  while (slowest && i + 1 < networks.size() &&
         networks[i].bandwidth_bytes_s != slowest->profile->bandwidth_bytes_s)
    ++i;
  return i;
}

/// Measured points stand beside simulated ones where both are training time.
bool shows_measured(const View& view) {
  return view.clock == "measured" && view.network == "measured" && view.sum == TimeSum::productive;
}

Json measured_points(const Analysis& analysis) {
  Json points = Json::array();
  for (const View& view : analysis.views) {
    if (!shows_measured(view)) continue;
    for (const ViewRow& row : view.rows) {
      const Cell& cell = analysis.cells[row.cell];
      if (!cell.selected || !cell.accuracy.known() || !row.time.known()) continue;
      points.push_back(look_of(analysis, cell));
      points.back()["time"] = row.time.mean;
      points.back()["on"] = false;
      points.back()["fixed"] = true;
    }
  }
  return points;
}

}  // namespace

bool has_own_model(const Analysis& analysis) {
  using Model = StragglerSpec::Model;
  const Model model = analysis.report.stragglers.model;
  return model != Model::none && model != Model::exponential;
}

std::vector<Network> explorer_networks(const Analysis& analysis) {
  std::vector<Network> networks;
  for (const View& view : analysis.views) {
    if (view.clock != "simulated" || !view.profile) continue;
    if (is_declared(analysis, view.network)) networks.push_back(*view.profile);
    if (view.network != "measured") continue;
    networks.insert(networks.begin(), *view.profile);
    networks.front().name = "this machine";
  }
  networks.insert(networks.end(), named_networks().begin(), named_networks().end());
  return networks;
}

std::vector<StragglerChoice> straggler_choices(const Analysis& analysis) {
  const StragglerSpec& spec = analysis.report.stragglers;
  const double own = mean_excess_of(spec);
  const bool other = has_own_model(analysis);
  std::map<double, std::string> means{{0, "none"},
                                      {0.1, "steps 10 % longer on average"},
                                      {0.3, "steps 30 % longer on average"},
                                      {1, "steps twice as long on average"}};
  if (!other)
    means.emplace(own, fmt::format("steps {} % longer on average", compact(100 * own, 3)));
  std::vector<StragglerChoice> choices;
  for (const auto& [mean, words] : means)
    choices.push_back({mean, kFirstModel, words, !other && own > 0 && mean == own});
  if (!other) return choices;
  const bool slow_worker = spec.model == StragglerSpec::Model::slow_worker;
  choices.push_back({own, kFirstModel + 1,
                     slow_worker ? fmt::format("as declared: one worker takes {} times as long",
                                               compact(spec.factor, 4))
                                 : fmt::format("as declared: {}, steps {} % longer on average",
                                               name_of(spec.model), compact(100 * own, 3)),
                     true});
  return choices;
}

bool has_measured_points(const Analysis& analysis) {
  return std::any_of(analysis.views.begin(), analysis.views.end(), shows_measured);
}

nlohmann::ordered_json explorer_data(const Analysis& analysis,
                                     const std::vector<Network>& networks) {
  Json cells = Json::array(), nets = Json::array(), marks = Json::array();
  std::vector<Estimate> accuracies;
  const Models models = models_of(analysis);
  for (const Redraw& redraw : analysis.redraws) {
    cells.push_back(json_of(models, analysis, redraw));
    accuracies.push_back(analysis.cells[redraw.cell].accuracy);
  }
  for (const Network& network : networks)
    nets.push_back({{"latency", network.latency_s}, {"bandwidth", network.bandwidth_bytes_s}});
  for (std::size_t style = 0; style < kStyles; ++style)
    marks.push_back(marker_path(style, 0, 0, kMarker));
  Json slow = Json::array();
  for (const StragglerChoice& choice : straggler_choices(analysis))
    slow.push_back({choice.mean, choice.model});
  const Scale scale = accuracy_scale(accuracies, 0, 1);
  return {{"cells", std::move(cells)},           {"measured", measured_points(analysis)},
          {"networks", std::move(nets)},         {"start", first_of(analysis, networks)},
          {"accuracy", {scale.low, scale.high}}, {"marks", std::move(marks)},
          {"stragglers", std::move(slow)}};
}

}  // namespace lockstep
