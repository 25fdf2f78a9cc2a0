// The panels of a report: each clock and network with the time of every cell, and the frontier in
// that plane.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "reports/analysis/work.hpp"
#include "reports/statistics/resampling.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
/// The reference point lies so much beyond the slowest run.
constexpr double kReferenceMargin = 1.1;

std::string describe(const Network& network) {
  std::string text = fmt::format("{} µs per message, {}/s", significant(network.latency_s * 1e6, 3),
                                 bytes(network.bandwidth_bytes_s));
  return network.source.empty() ? text : text + "; " + network.source;
}

std::vector<std::string> asked_networks(const Work& work) {
  if (!work.study.report.networks.empty()) return work.study.report.networks;
  if (work.study.measured_network) return {"measured"};
  return {"10GbE", "100GbE"};
}

std::optional<Network> find_network(Work& work, const std::string& name) {
  if (name == "measured") {
    if (!work.study.measured_network) {
      work.problem("no-network",
                   fmt::format("No network is fitted on this machine. Run: lockstep calibrate {}",
                               work.study.study));
    }
    return work.study.measured_network;
  }
  for (const DeclaredNetwork& own : work.study.report.declared) {
    if (own.name == name)
      return Network{name, own.latency_us * 1e-6, own.bandwidth_GB_s * 1e9, "declared in the spec"};
  }
  const std::optional<Network> network = network_named(name);
  if (!network)
    work.problem("unknown-network", fmt::format("There is no network profile named {}.", name));
  return network;
}

bool same_log(const RunData& a, const RunData& b) {
  const auto x = sync_events(a), y = sync_events(b);
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [](const SyncEvent& p, const SyncEvent& q) {
                      return p.step == q.step && p.bytes == q.bytes && p.gradient == q.gradient &&
                             p.delay == q.delay;
                    });
}

void add(TimeParts& sum, const TimeParts& part, double weight) {
  sum.data += weight * part.data;
  sum.compute += weight * part.compute;
  sum.wait += weight * part.wait;
  sum.exposed += weight * part.exposed;
  sum.hidden += weight * part.hidden;
  sum.other += weight * part.other;
}

/// As many devices as workers, for as long as the view says.
Estimate price_of(const Work& work, const ViewRow& row) {
  constexpr double kSecondsPerHour = 3600;
  const double per_second = static_cast<double>(work.out.cells[row.cell].workers) *
                            work.study.report.price->per_device_hour / kSecondsPerHour;
  Estimate price = row.time;
  for (double& value : price.values) value *= per_second;
  price.mean *= per_second;
  if (price.ci) price.ci = {price.ci->low * per_second, price.ci->high * per_second};
  return price;
}

ViewRow row_of(const Work& work, std::size_t cell, const ClockChoice& clock) {
  ViewRow row{.cell = cell};
  const CellRuns& runs = work.runs[cell];
  std::vector<double> times;
  RunTime time;
  for (std::size_t i = 0; i < runs.finished.size(); ++i) {
    // Seeds of a cell mostly have one and the same sync log: then the simulated clock runs once.
    const bool again =
        !clock.measured && i > 0 && same_log(*runs.finished[i - 1], *runs.finished[i]);
    if (!again) time = run_time(runs, *runs.finished[i], clock, work.out.cells[cell].total_steps);
    if (std::isnan(time.total)) continue;
    times.push_back(time.total);
    add(row.parts, time.parts, 1.0 / static_cast<double>(runs.finished.size()));
  }
  // A time for some seeds only would be paired with the accuracy of all.
  if (times.size() < runs.finished.size()) times.clear();
  row.time = estimate(times);
  if (!clock.measured) row.time.ci.reset();
  if (work.study.report.price && row.time.known()) row.price = price_of(work, row);
  return row;
}

/// What of a view a frontier is drawn against, and where it is kept.
struct Axis {
  Estimate ViewRow::*cost;
  bool ViewRow::*member;
  double ViewRow::*sure;
  std::vector<std::size_t> View::*frontier;
};
constexpr Axis kTimeAxis{&ViewRow::time, &ViewRow::on_frontier, &ViewRow::on_frontier_probability,
                         &View::frontier};
constexpr Axis kPriceAxis{&ViewRow::price, &ViewRow::on_price_frontier,
                          &ViewRow::on_price_frontier_probability, &View::price_frontier};

void draw_frontier(const Work& work, View& view, const Axis& axis) {
  std::vector<std::size_t> rows;
  std::vector<Point> points;
  std::vector<SeedPoints> seeds;
  std::set<std::ptrdiff_t> settings;
  for (std::size_t i = 0; i < view.rows.size(); ++i) {
    if (!plotted(work, view.rows[i])) continue;
    rows.push_back(i);
    const Estimate& cost = view.rows[i].*axis.cost;
    points.push_back({cost.mean, work.out.cells[view.rows[i].cell].accuracy.mean});
    SeedPoints of_cell;
    const Cell& cell = work.out.cells[view.rows[i].cell];
    settings.insert(settings_tried(work, cell));
    for (std::size_t s = 0; s < cell.seeds.size(); ++s) {
      of_cell[cell.seeds[s].seed] = {cost.values[s], cell.seeds[s].accuracy};
    }
    seeds.push_back(std::move(of_cell));
  }
  view.unequal_grids = settings.size() > 1;
  for (const std::size_t member : frontier(points).members) {
    (view.*axis.frontier).push_back(rows[member]);
    view.rows[rows[member]].*axis.member = true;
  }
  const std::vector<double> sure = probability_on_frontier(seeds);
  for (std::size_t i = 0; i < rows.size(); ++i) view.rows[rows[i]].*axis.sure = sure[i];
}

void set_reference(const Work& work, View& view) {
  view.reference = {0, work.out.chance};
  for (const ViewRow& row : view.rows) {
    if (!plotted(work, row)) continue;
    for (const double time : row.time.values) {
      view.reference.time = std::max(view.reference.time, kReferenceMargin * time);
    }
  }
}

std::string emulated_of(const CellRuns& runs) { return emulated_network(runs.all.front()->config); }

/// A view that could show none of the cells is left out.
void add_view(Work& work, View view, const ClockChoice& clock) {
  for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
    if (clock.measured && !measured_clock_allowed(work.runs[i])) continue;
    // Where no clock is known, accuracies are shown of all.
    if ((clock.measured || clock.network) && emulated_of(work.runs[i]) != clock.emulated) continue;
    view.rows.push_back(row_of(work, i, clock));
  }
  if (view.rows.empty() && !work.out.cells.empty()) return;
  draw_frontier(work, view, kTimeAxis);
  if (work.study.report.price) draw_frontier(work, view, kPriceAxis);
  set_reference(work, view);
  draw_surfaces(work, view);
  measure_hypervolumes(work, view);
  work.out.views.push_back(std::move(view));
  work.clocks.push_back(clock);
}

double chance_of(const Work& work) {
  double chance = 1;
  for (const Cell& cell : work.out.cells) {
    const DatasetRow* data = work.tables.dataset(cell.parameters.at("dataset"));
    if (data && data->classes > 0)
      chance = std::min(chance, 1.0 / static_cast<double>(data->classes));
  }
  return chance == 1 ? 0 : chance;
}

std::string title_of(const std::string& network) {
  return network == "measured" ? "network of this machine" : network;
}

std::string clock_name(const StragglerSpec& stragglers) {
  switch (stragglers.model) {
    case StragglerSpec::Model::none:
      return "simulated";
    case StragglerSpec::Model::exponential:
    case StragglerSpec::Model::lognormal:
      return fmt::format("simulated, {} stragglers", name_of(stragglers.model));
    case StragglerSpec::Model::trace:
      return "simulated, stragglers of a trace";
    case StragglerSpec::Model::slow_worker:
      return "simulated, one slow worker";
  }
  return {};
}

/// Of the runs that emulate this network; "": of those on the network of the machine.
void add_measured_on(Work& work, const std::string& emulated) {
  const TimeSum sum = work.study.report.time;
  View view{.clock = "measured",
            .network = "measured",
            .clock_name = "measured",
            .sum = sum,
            .title = "measured on this machine"};
  switch (sum) {
    case TimeSum::productive:
      view.source = "wall-clock of training";
      break;
    case TimeSum::productive_eval:
      view.time = "training and evaluation time";
      view.source = "wall-clock of training and evaluation";
      break;
    case TimeSum::wall:
      view.time = "wall time of all attempts";
      view.source = "wall-clock of all attempts";
      break;
  }
  view.source += ", each worker in its own process, machine exclusive";
  if (!emulated.empty()) {
    view.network = "emulated " + emulated;
    view.title = fmt::format("measured, {} emulated", emulated);
    view.source += fmt::format("; exchanges last as long as on {}, {}", emulated,
                               describe(*network_named(emulated)));
  }
  add_view(work, std::move(view),
           {.measured = true, .network = {}, .sum = sum, .emulated = emulated});
}

/// One view for the network of the machine, one for each that was emulated.
void add_measured(Work& work) {
  std::set<std::string> emulated;  // the empty name comes first
  for (const CellRuns& runs : work.runs) {
    if (measured_clock_allowed(runs)) emulated.insert(emulated_of(runs));
  }
  for (const std::string& name : emulated) add_measured_on(work, name);
}

void add_simulated(Work& work, const std::string& name, const std::optional<Network>& network) {
  add_view(work,
           {.clock = "simulated",
            .network = name,
            .clock_name = clock_name(work.study.report.stragglers),
            .title = title_of(name),
            .source = network ? describe(*network) : "not known, and no time with it",
            .profile = network},
           simulated_clock(work, network));
}

}  // namespace

bool plotted(const Work& work, const ViewRow& row) {
  const Cell& cell = work.out.cells[row.cell];
  return cell.selected && cell.accuracy.known() && row.time.known();
}

Point point_of(const Work& work, const ViewRow& row) {
  return {row.time.mean, work.out.cells[row.cell].accuracy.mean};
}

void build_views(Work& work) {
  work.out.chance = chance_of(work);
  add_measured(work);
  std::set<std::string> seen;
  for (const std::string& name : asked_networks(work)) {
    if (!seen.insert(name).second) continue;
    if (const std::optional<Network> network = find_network(work, name))
      add_simulated(work, name, network);
  }
  // Accuracies are known without any time, and are shown in a view.
  if (work.out.views.empty()) add_simulated(work, asked_networks(work).front(), {});
}

}  // namespace lockstep
