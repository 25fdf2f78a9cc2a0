// Times that nobody has measured: a cost model fitted to the measured cells, and how wrong it is
// for each of them when it has not seen it.
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
constexpr std::array<std::int64_t, 7> kPeriods{1, 2, 4, 8, 16, 32, 64};
constexpr std::array<std::int64_t, 3> kTimesWorkers{1, 2, 4};
constexpr const char* kAsMeasured = "as measured";

/// What a measured cell says of the model, summed over its runs.
struct Observed {
  std::size_t cell = 0;
  const Calibration* calibration = nullptr;
  std::string key;  ///< of its kind of step
  std::int64_t workers = 0;
  double steps = 0, own_s = 0;            ///< own: neither waiting nor exchanging
  double wait_s = 0, unit_wait = 0;       ///< unit: expected of a mean excess of 1 s
  std::vector<ExchangeSample> exchanges;  ///< mean seconds, one per kind
  Overlap overlap;                        ///< what its exchanges hid under
};

struct Model {
  double step_s = 0;
  std::optional<Network> network;
  std::vector<ExchangeSample> seen;  ///< exchanges of known cost, where no network can be told
  Stragglers stragglers;
  Overlap overlap{false, false};  ///< of the measured system: what any of its cells hid under
};

Observed observe(const Work& work, std::size_t cell) {
  const CellRuns& runs = work.runs[cell];
  Observed seen{.cell = cell, .calibration = runs.calibration};
  seen.key = calibration_key(work.tables, runs.all.front()->config);
  seen.workers = work.out.cells[cell].workers;
  seen.overlap = overlap_of(runs.finished);
  const Stragglers unit{Stragglers::Kind::exponential, 1};
  for (const RunData* run : runs.finished) {
    const std::int64_t total = work.out.cells[cell].total_steps;
    double whole = run_time(runs, *run, {.measured = true, .network = {}}, total).total;
    for (const SyncRecord& sync : run->syncs) {
      const auto count = static_cast<double>(std::max<std::int64_t>(sync.count, 1));
      whole -= sync.wait_s + sync.transfer_s;
      seen.wait_s += sync.wait_s;
      seen.unit_wait += count * (expected_round_excess_s(unit, seen.workers, sync.period) -
                                 static_cast<double>(sync.period));
      if (sync.transfer_s > 0)
        seen.exchanges.push_back({seen.workers, static_cast<double>(sync.payload_bytes),
                                  (sync.transfer_s + sync.hidden_s) / count});
    }
    seen.own_s += whole;
    seen.steps += static_cast<double>(total);
  }
  return seen;
}

/// The model for steps like those of `key`, from all that was observed; none without such a step.
std::optional<Model> fit(const std::vector<const Observed*>& observed, const std::string& key) {
  Model model;
  double steps = 0, own = 0, wait = 0, unit = 0;
  for (const Observed* one : observed) {
    if (one->key == key) steps += one->steps, own += one->own_s;
    wait += one->wait_s, unit += one->unit_wait;
    model.overlap.backward |= one->overlap.backward;
    model.overlap.steps |= one->overlap.steps;
    model.seen.insert(model.seen.end(), one->exchanges.begin(), one->exchanges.end());
  }
  if (!(steps > 0) || !(own > 0)) return {};
  model.step_s = own / steps;
  if (const auto found = fit_exchanges("measured cells", model.seen))
    model.network = found->network;
  // The mean excess is part of the measured step: the model adds it again.
  const double excess = unit > 0 ? std::min(wait / unit, model.step_s) : 0;
  if (excess > 0) {
    model.stragglers = {Stragglers::Kind::exponential, excess};
    model.step_s -= excess;
  }
  return model;
}

/// A network on which an exchange of this kind costs what it did: where exchanges of one kind alone
/// were seen, latency and bandwidth cannot be told apart.
std::optional<Network> network_for(const Model& model, std::int64_t workers, double bytes) {
  if (model.network) return model.network;
  double seconds = 0, n = 0;
  for (const ExchangeSample& one : model.seen) {
    if (one.p == workers && one.bytes == bytes) seconds += one.seconds, n += 1;
  }
  if (n == 0 || !(seconds > 0)) return {};
  return Network{"", 0, bytes * all_reduce_s({"", 0, 1, ""}, workers, 1) / (seconds / n), ""};
}

double predict(const Work& work, const Model& model, std::size_t cell) {
  const CellRuns& runs = work.runs[cell];
  const Cell& out = work.out.cells[cell];
  StepCost cost = runs.calibration ? runs.calibration->cost : StepCost{};
  cost.step_s = model.step_s;
  double sum = 0;
  for (const RunData* run : runs.finished) {
    const std::vector<SyncEvent> events = sync_events(*run);
    const auto network = network_for(model, out.workers, events.empty() ? 0 : events.front().bytes);
    if (!network) return kUnknown;
    sum += simulate(events, out.total_steps, out.workers, cost, *network, model.stragglers,
                    overlap_of(runs.finished))
               .total_s;
  }
  return sum / static_cast<double>(runs.finished.size());
}

bool within(double value, const std::vector<double>& seen) {
  const auto [low, high] = std::minmax_element(seen.begin(), seen.end());
  return !seen.empty() && *low <= value && value <= *high;
}

/// Whether H, workers and bytes lie in the ranges of the cells that a model was fitted to.
bool inside(const Work& work, const std::vector<const Observed*>& observed, double H,
            std::int64_t workers, double bytes) {
  std::vector<double> hs, ws, ns;
  for (const Observed* one : observed) {
    hs.push_back(work.out.cells[one->cell].H);
    ws.push_back(static_cast<double>(one->workers));
    for (const ExchangeSample& exchange : one->exchanges) ns.push_back(exchange.bytes);
  }
  return within(H, hs) && within(static_cast<double>(workers), ws) && within(bytes, ns);
}

void leave_each_out(Work& work, const std::vector<Observed>& all) {
  Forecast& out = work.out.forecast;
  for (const Observed& left : all) {
    std::vector<const Observed*> others;
    for (const Observed& one : all) {
      if (&one != &left) others.push_back(&one);
    }
    LeftOutRow row{.cell = left.cell};
    std::vector<double> measured;
    for (const RunData* run : work.runs[left.cell].finished) {
      measured.push_back(run_time(work.runs[left.cell], *run, {.measured = true, .network = {}},
                                  work.out.cells[left.cell].total_steps)
                             .total);
    }
    row.measured = estimate(measured);
    if (const auto model = fit(others, left.key)) row.predicted = predict(work, *model, left.cell);
    row.error = row.predicted / row.measured.mean - 1;
    row.outside = !inside(work, others, work.out.cells[left.cell].H, left.workers,
                          left.exchanges.empty() ? 0 : left.exchanges.front().bytes);
    if (!std::isnan(row.error) && !(std::abs(row.error) <= out.worst_error))
      out.worst_error = std::abs(row.error);
    out.left_out.push_back(std::move(row));
  }
}

std::vector<SyncEvent> log_of(std::int64_t H, std::int64_t total, double bytes) {
  std::vector<SyncEvent> log;
  for (std::int64_t step = H; step <= total; step += H)
    log.push_back({.step = step, .bytes = bytes, .gradient = H == 1});
  if (log.empty() || log.back().step < total) log.push_back({.step = total, .bytes = bytes});
  return log;
}

/// Names and profiles to predict for: that of the measured cells, then those of the report.
std::vector<std::pair<std::string, Network>> networks_of(const Work& work, const Model& model,
                                                         const Setup& setup) {
  std::vector<std::pair<std::string, Network>> networks;
  if (const auto own = network_for(model, setup.workers, setup.bytes); own && !model.seen.empty())
    networks.emplace_back(kAsMeasured, *own);
  for (std::size_t v = 0; v < work.out.views.size(); ++v) {
    if (work.clocks[v].network)
      networks.emplace_back(work.out.views[v].title, *work.clocks[v].network);
  }
  return networks;
}

void predict_setup(Work& work, const Setup& setup, const Model& model,
                   const std::vector<const Observed*>& observed) {
  StepCost cost = setup.calibration->cost;
  cost.step_s = model.step_s;
  const RoundExcess rounds(model.stragglers);
  for (const auto& [name, network] : networks_of(work, model, setup)) {
    for (const std::int64_t times : kTimesWorkers) {
      for (const std::int64_t H : kPeriods) {
        if (H > setup.total_steps) continue;
        const std::int64_t workers = times * setup.workers;
        ForecastRow row{.step = setup.calibration->key, .workers = workers, .H = H};
        row.total_steps = setup.total_steps;
        row.network = name;
        const Tally log = tally(log_of(H, setup.total_steps, setup.bytes), setup.total_steps);
        row.time_s = simulate(log, workers, cost, network, rounds, model.stragglers.mean_excess_s,
                              name == kAsMeasured ? model.overlap : Overlap{})
                         .total_s;
        row.outside = name != kAsMeasured ||
                      !inside(work, observed, static_cast<double>(H), workers, setup.bytes);
        work.out.forecast.rows.push_back(std::move(row));
      }
    }
  }
}
}  // namespace

void predict_times(Work& work) {
  std::vector<Observed> all;
  for (std::size_t i = 0; i < work.runs.size(); ++i) {
    // An emulated network is another for every cell, and no one asks what it would be like.
    if (measured_clock_allowed(work.runs[i]) && work.out.cells[i].workers > 1 &&
        emulated_network(work.runs[i].all.front()->config).empty())
      all.push_back(observe(work, i));
  }
  leave_each_out(work, all);
  std::vector<const Observed*> observed;
  for (const Observed& one : all) observed.push_back(&one);
  Forecast& out = work.out.forecast;
  for (const Setup& setup : setups_of(work)) {
    std::optional<Model> model = fit(observed, setup.calibration->key);
    if (model) {
      out.fitted = true;
      out.network = model->network;
      out.straggler_s = model->stragglers.mean_excess_s;
    } else {
      model = Model{};
      model->step_s = setup.calibration->cost.step_s;
      model->stragglers =
          stragglers_of(work.study.report.stragglers, setup.calibration->cost.step_s);
    }
    predict_setup(work, setup, *model, observed);
  }
}

}  // namespace lockstep
