#include "reports/early_stop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/analysis/work.hpp"
#include "reports/statistics/attainable.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
/// Runs of equal texts train alike, but for seed, algorithm and what is tuned.
std::string kind_of_training(const Work& work, const RunConfig& config) {
  std::vector<std::string> others{"seed", "lr", "algorithm", "algorithm_revision"};
  const auto& select = work.study.report.select;
  others.insert(others.end(), select.begin(), select.end());
  if (const AlgorithmRow* row = work.tables.algorithm(config.text("algorithm")))
    others.insert(others.end(), row->uses.begin(), row->uses.end());
  return config.canonical_json_without(others);
}

std::vector<Reading> readings_of(const RunData& run, std::int64_t total_steps) {
  std::vector<Reading> readings;
  for (const EvalReading& eval : run.evals) {
    if (eval.split == EvalReading::Split::validation)
      readings.push_back(
          {static_cast<double>(eval.step) / static_cast<double>(total_steps), eval.accuracy});
  }
  return readings;
}

bool unfinished(const RunData& run) { return !run.done && run.stopped_early.empty(); }

class Search {
 public:
  Search(Work& work, double confidence, DescentBounds& bounds)
      : work_(work), cells_(work.out.cells), confidence_(confidence), bounds_(bounds) {
    for (std::size_t i = 0; i < cells_.size(); ++i) learn(i);
  }

  std::vector<EarlyStop> all() {
    std::vector<EarlyStop> stops;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (auto stop = judge(i)) stops.push_back(std::move(*stop));
    }
    return stops;
  }

 private:
  void learn(std::size_t cell) {
    const CellRuns& runs = work_.runs[cell];
    auto& pool = descents_[kind_of_training(work_, runs.all.front()->config)];
    double& own = steepest_.emplace_back(0);
    for (std::size_t s = 0; s < runs.finished.size(); ++s) {
      const double reached = cells_[cell].seeds[s].val_accuracy;
      const auto score = descent(readings_of(*runs.finished[s], cells_[cell].total_steps), reached);
      if (!score || std::isnan(reached)) continue;
      pool.push_back(*score);
      own = std::max(own, *score);
    }
  }

  /// All seeds have a result, and it counts.
  bool complete(const Cell& cell) const {
    return cell.eligible && static_cast<int>(cell.seeds.size()) == cell.planned;
  }

  /// Some seeds are on their way, and the cell may yet be a point of a plot.
  static bool open(const CellRuns& runs) {
    bool any = false;
    for (const RunData* run : runs.all) {
      if (is_diverged(*run) || !run->stopped_early.empty()) return false;
      any = any || unfinished(*run);
    }
    return any;
  }

  std::optional<EarlyStop> judge(std::size_t i) {
    if (!open(work_.runs[i])) return {};
    EarlyStop stop;
    stop.cell = cells_[i].id;
    stop.confidence = confidence_;
    stop.runs = worth_stopping(i);
    if (stop.runs.empty()) return {};
    const auto& pool = descents_[kind_of_training(work_, work_.runs[i].all.front()->config)];
    stop.finished = static_cast<std::int64_t>(pool.size());
    stop.attainable = attainable_mean(i, pool);
    const auto by = dominant_of(i, stop);
    if (!by) return {};
    stop.by = cells_[*by].id;
    stop.reason = reason_of(stop, cells_[*by]);
    return stop;
  }

  std::vector<std::string> worth_stopping(std::size_t i) const {
    std::vector<std::string> ids;
    for (const RunData* run : work_.runs[i].all) {
      if (!unfinished(*run)) continue;
      const auto readings = readings_of(*run, cells_[i].total_steps);
      if (readings.empty() || readings.back().share <= kLastLook) ids.push_back(run->id);
    }
    return ids;
  }

  /// Mean over all planned seeds. NaN if a finished one has no reading.
  double attainable_mean(std::size_t i, const std::vector<double>& pool) {
    const CellRuns& runs = work_.runs[i];
    const auto open_seeds = std::count_if(runs.all.begin(), runs.all.end(),
                                          [](const RunData* run) { return unfinished(*run); });
    double sum = 0;
    for (const SeedResult& seed : cells_[i].seeds) sum += seed.val_accuracy;
    for (const RunData* run : runs.all) {
      if (unfinished(*run)) sum += attainable(i, *run, pool, static_cast<double>(open_seeds));
    }
    return sum / static_cast<double>(runs.all.size());
  }

  /// Each of a cell's open seeds may fail its bound, so they share the error that is allowed. What
  /// the cell's own finished seeds did is possible for the others, however rare it is elsewhere.
  double attainable(std::size_t i, const RunData& run, const std::vector<double>& pool,
                    double open_seeds) {
    const auto readings = readings_of(run, cells_[i].total_steps);
    const bool looked_at = !readings.empty() && readings.front().share <= kLastLook;
    if (!looked_at) return 1;
    auto bound = bounds_.find(run.id);
    if (bound == bounds_.end()) {
      const auto most = prediction_bound(pool, 1 - (1 - confidence_) / open_seeds);
      if (!most) return 1;
      bound = bounds_.emplace(run.id, *most).first;
    }
    return attainable_accuracy(readings, std::max(bound->second, steepest_[i]));
  }

  /// Of those in the same tuning group the best, else the best of all others.
  std::optional<std::size_t> dominant_of(std::size_t i, EarlyStop& stop) const {
    std::optional<std::size_t> best;
    bool own_group = false;
    for (std::size_t d = 0; d < cells_.size(); ++d) {
      if (!complete(cells_[d])) continue;
      const double low = lower_mean_bound(cells_[d].val_accuracy.values, confidence_);
      if (!(low >= stop.attainable)) continue;
      const bool same = cells_[d].group == cells_[i].group;
      if (best && (same != own_group ? own_group : low <= stop.beaten_by)) continue;
      std::vector<std::string> views;
      if (!same && !takes_no_longer(d, i, views)) continue;
      best = d;
      own_group = same;
      stop.beaten_by = low;
      stop.views = views;
    }
    return best;
  }

  /// What others are compared with (differences.cpp, targets.cpp): lost, it would take their
  /// sections along.
  bool is_baseline(const Cell& cell) const {
    const bool any = std::any_of(cells_.begin(), cells_.end(),
                                 [](const Cell& other) { return other.algorithm == "sync_sgd"; });
    if (any) return cell.algorithm == "sync_sgd";
    return std::none_of(cells_.begin(), cells_.end(),
                        [&](const Cell& other) { return other.H < cell.H; });
  }

  /// Whichever cell is selected in the tuning group of `d` takes no longer than `i`, and sends no
  /// more, wherever `i` can be shown.
  bool takes_no_longer(std::size_t d, std::size_t i, std::vector<std::string>& views) const {
    const auto& asked = work_.study.report.networks;
    const bool unfitted = std::find(asked.begin(), asked.end(), "measured") != asked.end() &&
                          !work_.study.measured_network;
    if (unfitted || is_baseline(cells_[i])) return false;
    // Against price, fewer workers may be worth more time.
    if (work_.study.report.price && cells_[d].workers > cells_[i].workers) return false;
    for (std::size_t v = 0; v < work_.out.views.size(); ++v) {
      const auto least = least_time(i, v);
      if (!least) continue;
      if (!group_is_within(d, v, *least)) return false;
      const View& view = work_.out.views[v];
      views.push_back(view.clock == "measured" ? "the measured clock" : view.title);
    }
    return !views.empty() && group_sends_no_more(d, least_bytes(i));
  }

  bool in_play(std::size_t e, std::size_t d) const {
    const auto& all = work_.runs[e].all;
    return cells_[e].group == cells_[d].group && cells_[e].diverged == 0 &&
           std::all_of(all.begin(), all.end(),
                       [](const RunData* run) { return run->stopped_early.empty(); });
  }

  bool group_is_within(std::size_t d, std::size_t v, double limit_s) const {
    for (std::size_t e = 0; e < cells_.size(); ++e) {
      if (in_play(e, d) && !(time_of(e, v) <= limit_s)) return false;
    }
    return true;
  }

  bool group_sends_no_more(std::size_t d, double limit) const {
    for (std::size_t e = 0; e < cells_.size(); ++e) {
      if (in_play(e, d) && !(cells_[e].bytes_per_worker <= limit)) return false;
    }
    return true;
  }

  /// Mean of its finished seeds; NaN where there is none, or no time on this view.
  double time_of(std::size_t cell, std::size_t v) const {
    for (const ViewRow& row : work_.out.views[v].rows) {
      if (row.cell == cell && row.time.known()) return row.time.mean;
    }
    return kUnknown;
  }

  /// What the cell takes at least; NaN where that is not known, nothing where it cannot be shown on
  /// this view. Its finished seeds stand for the others, as in the report.
  std::optional<double> least_time(std::size_t i, std::size_t v) const {
    const double known = time_of(i, v);
    if (!std::isnan(known)) return known;
    const ClockChoice& clock = work_.clocks[v];
    return clock.measured ? least_measured(i) : least_simulated(i, clock);
  }

  /// Its pace so far, to the end.
  std::optional<double> least_measured(std::size_t i) const {
    double least = kUnknown;
    for (const RunData* run : work_.runs[i].all) {
      if (!run->header) continue;
      if (!run->header->exclusive || run->header->processes != run->config.integer("workers"))
        return {};
      if (run->evals.empty() || run->evals.back().step == 0) continue;
      const EvalReading& last = run->evals.back();
      const double to_end = last.train_s * static_cast<double>(cells_[i].total_steps) /
                            static_cast<double>(last.step);
      least = std::fmin(least, to_end);
    }
    return least;
  }

  /// What it has taken, and the bare steps that are left.
  std::optional<double> least_simulated(std::size_t i, const ClockChoice& clock) const {
    const CellRuns& runs = work_.runs[i];
    const AlgorithmRow* row = work_.tables.algorithm(cells_[i].algorithm);
    if (row && row->time_driven) return {};
    double least = kUnknown;
    for (const RunData* run : runs.all) {
      if (run->evals.empty() || !runs.calibration) continue;
      const std::int64_t step = run->evals.back().step;
      const double left = static_cast<double>(cells_[i].total_steps - step);
      const double time =
          times_at(runs, *run, clock, {step}).front() + left * runs.calibration->cost.step_s;
      least = std::fmin(least, time);
    }
    return least;
  }

  double least_bytes(std::size_t i) const {
    if (!work_.runs[i].finished.empty()) return cells_[i].bytes_per_worker;
    double bytes = kUnknown;
    for (const RunData* run : work_.runs[i].all) {
      if (!run->evals.empty()) bytes = std::fmin(bytes, bytes_until(*run, run->evals.back().step));
    }
    return bytes;
  }

  std::string reason_of(const EarlyStop& stop, const Cell& by) const {
    return fmt::format(
        "its cell reaches at most {} % on validation ({} % sure, learned from {} finished runs), "
        "and {} has at least {} %, {}",
        percent(stop.attainable), compact(100 * confidence_, 4), stop.finished, by.label,
        percent(stop.beaten_by),
        stop.views.empty() ? "in the same tuning group"
                           : "taking no longer on " + listing(stop.views, 10));
  }

  Work& work_;
  const std::vector<Cell>& cells_;
  double confidence_;
  DescentBounds& bounds_;
  std::map<std::string, std::vector<double>> descents_;  ///< kind of training -> of finished runs
  std::vector<double> steepest_;                         ///< per cell, of its own finished runs
};
}  // namespace

std::vector<EarlyStop> dominated_cells(const Tables& tables, const StudyData& study,
                                       double confidence, DescentBounds& bounds) {
  Analysis analysis;
  Work work(tables, study, analysis);
  collect_cells(work);
  label_cells(work);
  find_costs(work);
  build_views(work);  // nothing is selected, so these are times and no frontier
  return Search(work, confidence, bounds).all();
}

}  // namespace lockstep
