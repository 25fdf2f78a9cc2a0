// From runs to cells: who belongs together, and what each finished run reached.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "reports/analysis/work.hpp"
#include "sweeps/run/course.hpp"
#include "sweeps/run/run_id.hpp"

namespace lockstep {

namespace {
const EvalReading* last_eval(const RunData& run, EvalReading::Split split) {
  const EvalReading* last = nullptr;
  for (const EvalReading& eval : run.evals) {
    if (eval.split == split && (!last || eval.step >= last->step)) last = &eval;
  }
  return last;
}

SeedResult result_of(const RunData& run) {
  SeedResult result{.seed = seed_of(run), .run = run.id};
  if (const EvalReading* eval = last_eval(run, EvalReading::Split::validation))
    result.val_accuracy = eval->accuracy;
  if (const EvalReading* eval = last_eval(run, EvalReading::Split::test))
    result.accuracy = eval->accuracy;
  return result;
}

std::vector<std::string> distinct(const CellRuns& runs, const std::string& name) {
  const auto aspect = std::find_if(aspects().begin(), aspects().end(),
                                   [&](const Aspect& candidate) { return candidate.name == name; });
  return values_of(*aspect, runs);
}

double local_steps_per_sync(const std::vector<const RunData*>& runs, std::int64_t total_steps) {
  for (const RunData* run : runs) {
    const std::vector<SyncEvent> events = sync_events(*run);
    if (events.empty()) continue;
    // A run that is still on its way is judged by what it has done.
    const std::int64_t steps = is_finished(*run) ? total_steps : events.back().step;
    return static_cast<double>(steps) / static_cast<double>(events.size());
  }
  return kUnknown;
}

double wire_bytes_of(const RunData& run) {
  double bytes = 0;
  for (const SyncRecord& sync : run.syncs) bytes += static_cast<double>(sync.wire_bytes);
  return bytes;
}

void describe(const Work& work, const RunConfig& config, Cell& cell) {
  for (const auto& [name, value] : config.values()) {
    if (name != "seed") cell.parameters[name] = to_text(value);
  }
  const Course course = course_of(work.tables, config);
  cell.group = tuning_group_of(work.tables, config, work.study.report.select);
  cell.algorithm = config.text("algorithm");
  cell.workers = config.integer("workers");
  cell.lr = config.real("lr");
  cell.peak_lr = course.peak_lr;
  cell.effective_lr_factor = effective_lr_factor(config);
  cell.total_steps = course.total_steps;
}

/// Refuses what must not be averaged: results of different devices or different data.
void check_alike(const CellRuns& runs, Cell& cell) {
  const auto devices = distinct(runs, "device"), data = distinct(runs, "data");
  cell.device = listing(devices);
  cell.hosts = listing(distinct(runs, "host"));
  if (devices.size() > 1) {
    cell.why_not = "its runs mix devices: " + cell.device;
  } else if (data.size() > 1) {
    cell.why_not = "its runs used different data files";
  }
}

std::vector<std::string> seeds_where(const CellRuns& runs, bool (*is)(const RunData&)) {
  std::vector<std::string> seeds;
  for (const RunData* run : runs.all) {
    if (is(*run)) seeds.push_back(std::to_string(seed_of(*run)));
  }
  return seeds;
}

void judge(const CellRuns& runs, Cell& cell) {
  const auto diverged = seeds_where(runs, is_diverged);
  const auto stopped = seeds_where(runs, is_stopped_early);
  cell.diverged = static_cast<int>(diverged.size());
  cell.stopped_early = static_cast<int>(stopped.size());
  std::vector<double> values;
  for (const SeedResult& result : cell.seeds) values.push_back(result.val_accuracy);
  cell.val_accuracy = estimate(values);
  if (!diverged.empty()) {
    cell.why_not = "diverged with seed " + listing(diverged);
  } else if (!stopped.empty()) {
    // The seeds that are left are those that were not stopped: no fair sample.
    cell.why_not = "stopped early with seed " + listing(stopped);
  } else if (cell.why_not.empty() && cell.seeds.empty()) {
    cell.why_not = "no run has finished";
  } else if (cell.why_not.empty() && !cell.val_accuracy.known()) {
    cell.why_not = "a finished run has no validation accuracy";
  }
  cell.eligible = cell.why_not.empty();
}

Cell cell_from(const Work& work, const std::string& id, CellRuns& runs) {
  Cell cell;
  cell.id = id;
  cell.planned = static_cast<int>(runs.all.size());
  describe(work, runs.all.front()->config, cell);
  for (const RunData* run : runs.all) {
    if (!is_finished(*run)) continue;
    runs.finished.push_back(run);
    cell.seeds.push_back(result_of(*run));
  }
  cell.H = local_steps_per_sync(runs.finished.empty() ? runs.all : runs.finished, cell.total_steps);
  std::vector<double> sent, metered;
  for (const RunData* run : runs.finished) {
    sent.push_back(bytes_until(*run, cell.total_steps));
    metered.push_back(wire_bytes_of(*run));
  }
  cell.bytes_per_worker = estimate(sent).mean;
  cell.wire_bytes_per_process = estimate(metered).mean;
  check_alike(runs, cell);
  judge(runs, cell);
  return cell;
}
}  // namespace

void collect_cells(Work& work) {
  std::map<std::string, CellRuns> by_cell;
  for (const RunData& run : work.study.runs) by_cell[run.cell].all.push_back(&run);
  for (auto& [id, runs] : by_cell) {
    std::sort(runs.all.begin(), runs.all.end(), [](const RunData* a, const RunData* b) {
      return std::make_tuple(seed_of(*a), a->id) < std::make_tuple(seed_of(*b), b->id);
    });
    work.out.cells.push_back(cell_from(work, id, runs));
    work.runs.push_back(std::move(runs));
  }
}

}  // namespace lockstep
