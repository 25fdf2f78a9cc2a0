#include "reports/exporters/json_parts.hpp"
#include "reports/exporters/sections.hpp"

namespace lockstep {

namespace {
Json json_of(const Analysis& analysis, const LeftOutRow& row) {
  return {{"cell", text(analysis.cells[row.cell].id)},
          {"measured_s", json_of(row.measured)},
          {"predicted_s", number(row.predicted)},
          {"error", number(row.error)},
          {"outside", row.outside}};
}

Json json_of(const ForecastRow& row) {
  return {{"step", text(row.step)},
          {"workers", row.workers},
          {"H", row.H},
          {"network", text(row.network)},
          {"total_steps", row.total_steps},
          {"time_s", number(row.time_s)},
          {"outside", row.outside}};
}
}  // namespace

Json json_of(const Analysis& analysis, const PowerRow& row) {
  const DifferenceRow& pair = analysis.differences[row.difference];
  return {{"cell", text(analysis.cells[pair.cell].id)},
          {"baseline", text(analysis.cells[pair.baseline].id)},
          {"detectable", number(row.detectable)},
          {"seeds_needed", row.seeds ? Json(*row.seeds) : Json(nullptr)},
          {"seeds_to_add", row.add},
          {"device_hours", number(row.device_hours)},
          {"command", text(command_of(analysis, row))}};
}

Json json_of(const Analysis& analysis, const Matched& matched) {
  return {{"samples", number(matched.samples)},
          {"time_s", number(matched.time_s)},
          {"bytes_per_worker", number(matched.bytes)},
          {"val_accuracy", array_of(matched.rows, [&](const MatchedRow& row) {
             return Json{{"cell", text(analysis.cells[row.cell].id)},
                         {"at_samples", number(row.at_samples)},
                         {"at_time", number(row.at_time)},
                         {"at_bytes", number(row.at_bytes)}};
           })}};
}

Json json_of(const Analysis& analysis, const ExpectedBestRow& row) {
  return {{"cell", text(analysis.cells[row.cell].id)},
          {"by_settings", array_of(row.by_settings, number)}};
}

Json json_of(const BreakEvenRow& row) {
  return {{"step", text(row.step)},
          {"workers", row.workers},
          {"bytes", number(row.bytes)},
          {"step_s", number(row.cost.step_s)},
          {"backward_s", number(row.cost.backward_s)},
          {"network", text(row.network)},
          {"all_reduce_s", number(row.all_reduce_s)},
          {"H", row.H ? Json(*row.H) : Json(nullptr)},
          {"bandwidth_bytes_s", number(row.bandwidth)}};
}

Json json_of(const Analysis& analysis, const ClockCheckRow& row) {
  return {{"cell", text(analysis.cells[row.cell].id)},
          {"emulated_network", row.network.empty() ? Json(nullptr) : Json(text(row.network))},
          {"hidden", {{"backward", row.overlap.backward}, {"steps", row.overlap.steps}}},
          {"measured_s", json_of(row.measured)},
          {"simulated_s", number(row.simulated)},
          {"error", number(row.error)},
          {"uncertainty", number(row.uncertainty)}};
}

Json json_of(const Analysis& analysis, const Forecast& forecast) {
  Json network = nullptr;
  if (forecast.network)
    network = {{"latency_s", number(forecast.network->latency_s)},
               {"bandwidth_bytes_s", number(forecast.network->bandwidth_bytes_s)}};
  return {{"fitted", forecast.fitted},
          {"network", std::move(network)},
          {"straggler_s", number(forecast.straggler_s)},
          {"left_out",
           array_of(forecast.left_out, [&](const auto& row) { return json_of(analysis, row); })},
          {"worst_error", number(forecast.worst_error)},
          {"times", array_of(forecast.rows, [](const auto& row) { return json_of(row); })}};
}

}  // namespace lockstep
