// The whole analysis as JSON; what is not known is null. `format` is raised when a member changes
// its meaning.
#include "reports/exporters/exporters.hpp"
#include "reports/exporters/json_parts.hpp"

namespace lockstep {

namespace {
constexpr int kFormat = 1;

Json json_of(const Cell& cell) {
  Json parameters = Json::object(), seeds = Json::array();
  for (const auto& [name, value] : cell.parameters) parameters[plain(name)] = text(value);
  for (const SeedResult& seed : cell.seeds) {
    seeds.push_back({{"seed", seed.seed},
                     {"run", text(seed.run)},
                     {"val_accuracy", number(seed.val_accuracy)},
                     {"accuracy", number(seed.accuracy)}});
  }
  return {{"cell", text(cell.id)},
          {"tuning_group", text(cell.group)},
          {"label", text(cell.label)},
          {"algorithm", text(cell.algorithm)},
          {"H", number(cell.H)},
          {"workers", cell.workers},
          {"lr", number(cell.lr)},
          {"peak_lr", number(cell.peak_lr)},
          {"effective_lr_factor", number(cell.effective_lr_factor)},
          {"bytes_per_worker", number(cell.bytes_per_worker)},
          {"wire_bytes_per_process", number(cell.wire_bytes_per_process)},
          {"total_steps", cell.total_steps},
          {"planned", cell.planned},
          {"diverged", cell.diverged},
          {"eligible", cell.eligible},
          {"why_not", text(cell.why_not)},
          {"selected", cell.selected},
          {"val_accuracy", json_of(cell.val_accuracy)},
          {"accuracy", cell.selected ? json_of(cell.accuracy) : Json(nullptr)},
          {"device", text(cell.device)},
          {"hosts", text(cell.hosts)},
          {"parameters", std::move(parameters)},
          {"seeds", std::move(seeds)}};
}

Json json_of(const Analysis& analysis, const View& view, const ViewRow& row) {
  const TimeParts& parts = row.parts;
  Json tied_with = Json::array();
  for (const std::size_t i : row.tied_with)
    tied_with.push_back(text(analysis.cells[view.rows[i].cell].id));
  Json all{{"cell", text(analysis.cells[row.cell].id)},
           {"label", text(analysis.cells[row.cell].label)},
           {"time_s", row.time.n() ? json_of(row.time) : Json(nullptr)},
           {"parts_s",
            {{"data", number(parts.data)},
             {"compute", number(parts.compute)},
             {"wait", number(parts.wait)},
             {"exposed", number(parts.exposed)},
             {"hidden", number(parts.hidden)},
             {"other", number(parts.other)}}},
           {"on_frontier", row.on_frontier},
           {"on_frontier_probability", number(row.on_frontier_probability)},
           {"tied", row.tied ? Json(*row.tied) : Json(nullptr)},
           {"tied_with", std::move(tied_with)}};
  if (analysis.report.price) {
    all["price"] = row.price.n() ? json_of(row.price) : Json(nullptr);
    all["on_price_frontier"] = row.on_price_frontier;
    all["on_price_frontier_probability"] = number(row.on_price_frontier_probability);
  }
  return all;
}

Json json_of(const Analysis& analysis, const TargetRow& row) {
  const Survival& s = row.survival;
  return {{"target", number(row.target)},
          {"origin", text(row.origin)},
          {"cell", text(analysis.cells[row.cell].id)},
          {"label", text(analysis.cells[row.cell].label)},
          {"n", s.n},
          {"reached", s.reached},
          {"success_rate", number(s.success_rate)},
          {"median_s", number(s.median)},
          {"restricted_mean_s", number(s.restricted_mean)},
          {"bound_s", number(s.bound)}};
}

Json points(const std::vector<Point>& corners) {
  Json all = Json::array();
  for (const Point& corner : corners) all.push_back({number(corner.time), number(corner.accuracy)});
  return all;
}

Json json_of(const Analysis& analysis, const View& view) {
  Json rows = Json::array(), front = Json::array(), volumes = Json::array(),
       targets = Json::array();
  for (const ViewRow& row : view.rows) rows.push_back(json_of(analysis, view, row));
  for (const std::size_t i : view.frontier)
    front.push_back(text(analysis.cells[view.rows[i].cell].id));
  for (const HypervolumeRow& row : view.hypervolumes) {
    volumes.push_back(
        {{"algorithm", row.algorithm.empty() ? Json(nullptr) : text(row.algorithm)},
         {"cells", array_of(row.cells, [&](std::size_t i) { return text(analysis.cells[i].id); })},
         {"of_means", number(row.of_means)},
         {"share", number(row.share)},
         {"over_seeds", json_of(row.over_seeds)}});
  }
  for (const TargetRow& row : view.targets) targets.push_back(json_of(analysis, row));
  Json all{{"clock", text(view.clock)},
           {"network", text(view.network)},
           {"source", text(view.source)},
           {"rows", std::move(rows)},
           {"frontier", std::move(front)},
           {"unequal_grids", view.unequal_grids},
           {"reference", {number(view.reference.time), number(view.reference.accuracy)}},
           {"hypervolume", std::move(volumes)},
           {"attainment",
            {{"seeds", view.surface_seeds},
             {"best", points(view.best)},
             {"median", points(view.middle)},
             {"worst", points(view.worst)},
             {"levels", array_of(view.attainment,
                                 [](const AttainmentRow& row) {
                                   return Json{{"accuracy", number(row.accuracy)},
                                               {"best_s", number(row.best_s)},
                                               {"median_s", number(row.median_s)},
                                               {"worst_s", number(row.worst_s)}};
                                 })},
             {"left_out",
              array_of(view.left_out_seeds,
                       [&](const LeftOutSeed& seed) {
                         const auto id = [&](std::size_t i) { return text(analysis.cells[i].id); };
                         return Json{{"seed", seed.seed}, {"missing", array_of(seed.missing, id)}};
                       })}}},
           {"time_to_accuracy", std::move(targets)}};
  if (analysis.report.time != TimeSum::productive) all["time"] = name_of(view.sum);
  if (analysis.report.price) {
    all["price_frontier"] = array_of(view.price_frontier, [&](std::size_t i) {
      return text(analysis.cells[view.rows[i].cell].id);
    });
  }
  return all;
}

Json json_of(const Analysis& analysis, const DifferenceRow& row) {
  return {{"cell", text(analysis.cells[row.cell].id)},
          {"label", text(analysis.cells[row.cell].label)},
          {"baseline", text(analysis.cells[row.baseline].id)},
          {"baseline_label", text(analysis.cells[row.baseline].label)},
          {"baseline_stands_in", row.baseline_stands_in},
          {"difference", json_of(row.difference)},
          {"p", number(row.p)},
          {"p_holm", number(row.adjusted_p)},
          {"refused", row.refused},
          {"unequal_grids", row.unequal_grids},
          {"confounds", array_of(row.confounds, text)}};
}

Json json_of(const Analysis& analysis, const Curve& curve) {
  Json all = Json::array();
  for (const CurvePoint& p : curve.points) {
    all.push_back({{"step", p.step},
                   {"epoch", number(p.epoch)},
                   {"samples", number(p.samples)},
                   {"rounds", number(p.rounds)},
                   {"bytes_per_worker", number(p.bytes)},
                   {"time_s", number(p.time)},
                   {"val_accuracy", json_of(p.accuracy)}});
  }
  return {{"cell", text(analysis.cells[curve.cell].id)},
          {"label", text(analysis.cells[curve.cell].label)},
          {"points", std::move(all)}};
}

Json json_of(const LedgerRow& row) {
  Json warnings = Json::array();
  for (const std::string& warning : row.warnings) warnings.push_back(text(warning));
  return {{"run", text(row.run)},
          {"cell", text(row.cell)},
          {"label", text(row.label)},
          {"seed", row.seed},
          {"status", text(row.status)},
          {"detail", text(row.detail)},
          {"attempts", row.attempts},
          {"processes", row.processes},
          {"step", row.step},
          {"total_steps", row.total_steps},
          {"wall_s", number(row.wall_s)},
          {"startup_s", number(row.startup_s)},
          {"train_s", number(row.train_s)},
          {"eval_s", number(row.eval_s)},
          {"checkpoint_s", number(row.checkpoint_s)},
          {"other_s", number(row.other_s)},
          {"replayed_s", number(row.replayed_s)},
          {"machine", text(row.machine)},
          {"warnings", std::move(warnings)}};
}

Json json_of(const EffortRow& row) {
  Json json{{"algorithm", text(row.algorithm)},
            {"cells", row.cells},
            {"tuning_groups", row.groups},
            {"fewest_settings", row.fewest_values},
            {"most_settings", row.most_values},
            {"runs", row.runs},
            {"finished", row.finished},
            {"diverged", row.diverged},
            {"device_hours", number(row.device_hours)}};
  if (row.stopped_early > 0) json["stopped_early"] = row.stopped_early;
  return json;
}

Json json_of(const CertificateRow& row) {
  Json algorithms = Json::array();
  for (const std::string& algorithm : row.algorithms) algorithms.push_back(text(algorithm));
  return {{"key", text(row.key)},
          {"machine", text(row.machine)},
          {"trainer_sha256", text(row.trainer)},
          {"claim", text(row.claim)},
          {"algorithms", std::move(algorithms)},
          {"deviation", number(row.deviation)},
          {"allowed", number(row.allowed)},
          {"held", row.held}};
}

Json json_of(const ReportSpec& spec) {
  const auto declared = [](const DeclaredNetwork& network) {
    return Json{{"name", text(network.name)},
                {"latency_us", number(network.latency_us)},
                {"bandwidth_GB_s", number(network.bandwidth_GB_s)}};
  };
  Json all{{"select", array_of(spec.select, text)},
           {"targets", array_of(spec.targets, number)},
           {"networks", array_of(spec.networks, text)},
           {"declared", array_of(spec.declared, declared)},
           {"straggler_excess", number(mean_excess_of(spec.stragglers))},
           {"compare_unequal", spec.compare_unequal}};
  // What is not asked for is left out, as in a plan.
  const Json asked = to_json(spec);
  for (const char* member : {"stragglers", "time", "price"}) {
    if (asked.contains(member)) all[member] = asked.at(member);
  }
  return all;
}

Json json_of(const Analysis& analysis, const Notice& notice) {
  return {
      {"level", notice.level == Notice::Level::problem ? "problem" : "warning"},
      {"kind", text(notice.kind)},
      {"text", text(notice.text)},
      {"cells", array_of(notice.cells, [&](std::size_t i) { return text(analysis.cells[i].id); })}};
}

JsonObject report_of(const Analysis& analysis, bool indented) {
  const auto with_cells = [&](const auto& item) { return json_of(analysis, item); };
  const auto alone = [](const auto& item) { return json_of(item); };
  JsonObject report(indented);
  report.member("format", kFormat);
  report.member("study", text(analysis.study));
  report.member("question", text(analysis.question));
  report.member("spec_sha256", text(analysis.spec_sha256));
  report.member("rows_sha256", text(analysis.rows_sha256));
  report.member("stamp", text(analysis.stamp));
  report.member("report", json_of(analysis.report));
  report.array("notices", analysis.notices, with_cells);
  report.array("cells", analysis.cells, alone);
  report.array("views", analysis.views, with_cells);
  report.array("paired_differences", analysis.differences, with_cells);
  report.member("effects", json_of(analysis, analysis.effects));
  report.array("power", analysis.power, with_cells);
  report.member("matched", json_of(analysis, analysis.matched));
  report.array("expected_best", analysis.expected_best, with_cells);
  report.array("break_even", analysis.break_even, alone);
  report.array("clock_check", analysis.clock_check.rows, with_cells);
  report.member("forecast", json_of(analysis, analysis.forecast));
  report.array("effort", analysis.effort, alone);
  report.array("certificates", analysis.certificates, alone);
  report.array("methods", analysis.methods, text);
  return report;
}
}  // namespace

std::string render_json(const Analysis& analysis) {
  JsonObject report = report_of(analysis, true);
  report.array("curves", analysis.curves,
               [&](const Curve& curve) { return json_of(analysis, curve); });
  report.array("ledger", analysis.ledger, [](const LedgerRow& row) { return json_of(row); });
  return std::move(report).finished() + "\n";
}

std::string compact_json(const Analysis& analysis) { return report_of(analysis, false).finished(); }

}  // namespace lockstep
