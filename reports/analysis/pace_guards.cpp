// Guards over measured times: hosts and runs that are slower than what they are averaged with. Each
// run is held against the other runs of its own cell, so that what a cell asks for cancels.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "reports/analysis/work.hpp"
#include "reports/statistics/robust.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
/// Runs of a host below which nothing is said of it: five coins that all fall alike are the first
/// evidence at 5 %.
constexpr std::size_t kFewestRuns = 5;
/// Standard errors by which a host's median must be off.
constexpr double kSureErrors = 3;
/// Other runs of the cell on the same host that a run is held against, at least: with one, either
/// may be the odd one.
constexpr std::size_t kFewestOthers = 2;

/// Runs that a notice names; the ledger has them all.
constexpr std::size_t kRunsNamed = 20;

/// A measured run that was trained on one host.
struct Pace {
  std::size_t cell;
  const RunData* run;
  double step_s;
};
/// ln(step time / median of the others it is held against).
struct Lag {
  const Pace* pace;
  double by;
};
using LagsOfHost = std::map<std::string, std::vector<Lag>>;

std::vector<Pace> paces_of(const Work& work, const ViewRow& row) {
  const auto& finished = work.runs[row.cell].finished;
  const auto steps = static_cast<double>(work.out.cells[row.cell].total_steps);
  std::vector<Pace> paces;
  for (std::size_t i = 0; i < row.time.values.size(); ++i) {
    // Seconds of a resumed run may be those of several hosts.
    if (finished[i]->header->resumed_from || !(row.time.values[i] > 0)) continue;
    paces.push_back({row.cell, finished[i], row.time.values[i] / steps});
  }
  return paces;
}

/// One entry per cell.
std::vector<std::vector<Pace>> measured_paces(const Work& work) {
  std::vector<std::vector<Pace>> by_cell;
  for (std::size_t v = 0; v < work.clocks.size(); ++v) {
    if (!work.clocks[v].measured) continue;
    for (const ViewRow& row : work.out.views[v].rows) by_cell.push_back(paces_of(work, row));
  }
  return by_cell;
}

const std::string& host_of(const Pace& pace) { return pace.run->header->host; }

/// Of every run that has `fewest` others in its cell which count.
LagsOfHost lags_of(const std::vector<std::vector<Pace>>& by_cell, std::size_t fewest,
                   const std::function<bool(const Pace&, const Pace&)>& counts) {
  LagsOfHost lags;
  for (const std::vector<Pace>& paces : by_cell) {
    for (const Pace& pace : paces) {
      std::vector<double> others;
      for (const Pace& other : paces) {
        if (other.run != pace.run && counts(pace, other)) others.push_back(other.step_s);
      }
      if (others.size() >= fewest)
        lags[host_of(pace)].push_back({&pace, std::log(pace.step_s / median(others))});
    }
  }
  std::erase_if(lags, [](const auto& host) { return host.second.size() < kFewestRuns; });
  return lags;
}

std::vector<double> sizes_of(const std::vector<Lag>& lags) {
  std::vector<double> values;
  for (const Lag& lag : lags) values.push_back(lag.by);
  return values;
}

/// More than the simulated clock may be off by.
bool matters(double lag) { return lag > std::log(1 + kMostClockError); }

std::string percent_more(double lag) { return fmt::format("{:.0f} %", 100 * std::expm1(lag)); }

/// The study's command trains a run again whose folder is gone.
std::string remedy(const char* how, const char* where) {
  return fmt::format(
      " To train them {}, move their folders (runs/ID) out of the workspace and run the study "
      "again{}.",
      how, where);
}

void slow_hosts(Work& work, const std::vector<std::vector<Pace>>& by_cell) {
  const auto elsewhere = [](const Pace& a, const Pace& b) { return host_of(a) != host_of(b); };
  for (const auto& [host, lags] : lags_of(by_cell, 1, elsewhere)) {
    const std::vector<double> values = sizes_of(lags);
    const double middle = median(values);
    if (!matters(middle) || middle <= kSureErrors * median_error(values)) continue;
    std::vector<std::string> ids;
    std::set<std::size_t> cells;
    for (const Lag& lag : lags)
      ids.push_back(short_id(lag.pace->run->id)), cells.insert(lag.pace->cell);
    work.warning(
        "slow-host",
        fmt::format("On {}, a step takes {} longer than in runs of the same cells on other "
                    "hosts (median of {} runs), so measured times are in part the host's: "
                    "{}.{}",
                    host, percent_more(middle), lags.size(), listing(ids, kRunsNamed),
                    remedy("elsewhere", " without that host")),
        {cells.begin(), cells.end()});
  }
}

void slow_runs(Work& work, const std::vector<std::vector<Pace>>& by_cell) {
  const auto here = [](const Pace& a, const Pace& b) { return host_of(a) == host_of(b); };
  std::vector<std::string> found;
  std::set<std::size_t> cells;
  for (const auto& [host, lags] : lags_of(by_cell, kFewestOthers, here)) {
    const std::vector<double> values = sizes_of(lags);
    const double limit = median(values) + kOutlier * robust_deviation(values);
    for (const Lag& lag : lags) {
      if (!matters(lag.by) || lag.by <= limit) continue;
      found.push_back(fmt::format("{} ({}, {}: {})", short_id(lag.pace->run->id),
                                  work.out.cells[lag.pace->cell].label, host,
                                  percent_more(lag.by)));
      cells.insert(lag.pace->cell);
    }
  }
  if (found.empty()) return;
  work.warning("slow-run",
               fmt::format("Steps took longer than in other runs of the same cell on the same "
                           "host, by more than that host's runs scatter: {}.{}",
                           listing(found, kRunsNamed), remedy("anew", "")),
               {cells.begin(), cells.end()});
}
}  // namespace

void guard_pace(Work& work) {
  const std::vector<std::vector<Pace>> by_cell = measured_paces(work);
  slow_hosts(work, by_cell);
  slow_runs(work, by_cell);
}

}  // namespace lockstep
