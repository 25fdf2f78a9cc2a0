// What a reader must know before believing a number. Each guard looks at one thing and says it
// once.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "reports/analysis/work.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
using Names = std::vector<std::string>;

/// Parts of an accounting may miss their whole by so much of it.
constexpr double kLostShare = 0.01;

void ineligible_cells(Work& work) {
  std::map<std::string, Names> labels;
  for (const Cell& cell : work.out.cells) {
    if (!cell.eligible) labels[cell.why_not].push_back(cell.label);
  }
  for (const auto& [reason, names] : labels) {
    const bool open = reason == "no run has finished";
    const std::string text =
        fmt::format("Not eligible for selection or frontier, as {}: {}.", reason, listing(names));
    const bool mixed = reason.rfind("its runs", 0) == 0;
    if (mixed) {
      work.problem("mixed-cell", text);
    } else {
      work.warning(open ? "no-result" : "ineligible", text);
    }
  }
}

void unfinished_runs(Work& work) {
  std::map<std::string, int> by_status;
  int open = 0;
  for (const LedgerRow& row : work.out.ledger) {
    if (row.status == "done" || row.status == "diverged" || row.status == "stopped early") continue;
    ++by_status[row.status];
    ++open;
  }
  if (open == 0) return;
  Names counts;
  for (const auto& [status, n] : by_status) counts.push_back(fmt::format("{} {}", n, status));
  work.warning(
      "incomplete",
      fmt::format("{} of {} runs have no result yet ({}): selection and frontier are provisional.",
                  open, work.out.ledger.size(), listing(counts)));
}

/// Never hidden: what nobody finished has no result that could speak for itself.
void stopped_runs(Work& work) {
  Names labels;
  std::vector<std::size_t> cells;
  int runs = 0;
  for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
    const Cell& cell = work.out.cells[i];
    if (cell.stopped_early == 0) continue;
    runs += cell.stopped_early;
    labels.push_back(cell.label);
    cells.push_back(i);
  }
  if (runs == 0) return;
  work.warning(
      "stopped-early",
      fmt::format("{} of {} runs {} stopped before the end, as their cells were dominated ({}); "
                  "the ledger has the evidence of each. These cells are in no plot, and what was "
                  "tried looks smaller without them. To train them to the end: lockstep resume {}",
                  runs, work.out.ledger.size(), runs == 1 ? "was" : "were", listing(labels),
                  work.study.study),
      std::move(cells));
}

void unequal_seeds(Work& work) {
  std::map<std::set<std::int64_t>, Names> by_seeds;
  for (const Cell& cell : work.out.cells) {
    if (!cell.eligible) continue;
    std::set<std::int64_t> seeds;
    for (const SeedResult& result : cell.seeds) seeds.insert(result.seed);
    by_seeds[seeds].push_back(cell.label);
  }
  if (by_seeds.size() < 2) return;
  Names parts;
  for (const auto& [seeds, labels] : by_seeds) {
    Names numbers;
    for (const std::int64_t seed : seeds) numbers.push_back(std::to_string(seed));
    parts.push_back(fmt::format("{{{}}} {}", listing(numbers, 10), listing(labels, 3)));
  }
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  work.warning("unequal-seeds", "Cells have different finished seeds: " + text + ".");
}

void few_seeds(Work& work) {
  Names labels;
  for (const Cell& cell : work.out.cells) {
    if (cell.selected && cell.accuracy.n() < kFewestForInterval) labels.push_back(cell.short_label);
  }
  if (labels.empty()) return;
  work.warning("few-seeds", fmt::format("Fewer than {} seeds, so points without an interval: {}.",
                                        kFewestForInterval, listing(labels)));
}

void left_out_of_measured(Work& work) {
  if (work.out.views.empty() || work.out.views.front().clock != "measured") return;
  std::set<std::size_t> shown;
  for (const View& view : work.out.views) {
    for (const ViewRow& row : view.rows) {
      if (view.clock == "measured") shown.insert(row.cell);
    }
  }
  Names labels;
  for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
    if (work.out.cells[i].selected && !shown.count(i))
      labels.push_back(work.out.cells[i].short_label);
  }
  if (labels.empty()) return;
  work.warning("not-measured",
               "Not on the measured clock, as workers shared a process or the machine was not "
               "exclusive: " +
                   listing(labels) + ".");
}

void lost_seconds(Work& work) {
  Names found;
  for (const LedgerRow& row : work.out.ledger) {
    const double sum = row.startup_s + row.train_s + row.eval_s + row.checkpoint_s + row.other_s;
    if (std::abs(sum - row.wall_s) > kLostShare * row.wall_s)
      found.push_back(fmt::format("{} seed {} ({} of {})", row.label, row.seed, seconds(sum),
                                  seconds(row.wall_s)));
  }
  if (found.empty()) return;
  work.problem("accounting",
               fmt::format("The parts of the ledger miss the whole by more than {:.0f} %: {}.",
                           100 * kLostShare, listing(found)));
}
}  // namespace

void raise_guards(Work& work) {
  ineligible_cells(work);
  unfinished_runs(work);
  stopped_runs(work);
  unequal_seeds(work);
  few_seeds(work);
  guard_design(work);
  guard_machines(work);
  guard_pace(work);
  left_out_of_measured(work);
  lost_seconds(work);
}

}  // namespace lockstep
