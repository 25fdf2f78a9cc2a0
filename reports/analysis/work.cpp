#include "reports/analysis/work.hpp"

#include <algorithm>

namespace lockstep {

Work::Work(const Tables& all_tables, const StudyData& data, Analysis& analysis)
    : tables(all_tables),
      study(data),
      out(analysis),
      rounds(stragglers_of(data.report.stragglers, 1)) {
  out.report = data.report;
}

void Work::problem(std::string kind, std::string text, std::vector<std::size_t> cells) {
  out.notices.push_back(
      {Notice::Level::problem, std::move(kind), std::move(text), std::move(cells)});
}

void Work::warning(std::string kind, std::string text, std::vector<std::size_t> cells) {
  out.notices.push_back(
      {Notice::Level::warning, std::move(kind), std::move(text), std::move(cells)});
}

std::int64_t seed_of(const RunData& run) {
  return run.config.has("seed") ? run.config.integer("seed") : 0;
}

bool is_diverged(const RunData& run) { return run.done && run.end_reason == "diverged"; }

bool is_stopped_early(const RunData& run) { return !run.done && !run.stopped_early.empty(); }

bool is_finished(const RunData& run) { return run.done && !is_diverged(run); }

std::string status_of(const RunData& run) {
  if (run.done) return is_diverged(run) ? "diverged" : "done";
  if (is_stopped_early(run)) return "stopped early";
  if (!run.end_reason.empty()) return run.end_reason;
  return run.header || run.attempts > 0 ? "unfinished" : "not started";
}

std::string machine_of(const RunData& run) {
  if (!run.header) return {};
  const HeaderRecord& header = *run.header;
  const std::string device = header.device_name.empty() ? header.device : header.device_name;
  return header.host.empty() ? device : header.host + ", " + device;
}

std::vector<SyncEvent> sync_events(const RunData& run) {
  std::vector<SyncEvent> events;
  for (const SyncRecord& record : run.syncs) {
    const bool gradient = record.kind.rfind("gradient", 0) == 0;
    for (std::int64_t i = 0; i < record.count; ++i) {
      events.push_back({.step = record.first + i * std::max<std::int64_t>(record.period, 1),
                        .bytes = static_cast<double>(record.payload_bytes),
                        .gradient = gradient,
                        .delay = record.delay});
    }
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const SyncEvent& a, const SyncEvent& b) { return a.step < b.step; });
  // Two exchanges after the same step (a last average at the end of training) are one event with
  // both payloads.
  std::vector<SyncEvent> merged;
  for (const SyncEvent& event : events) {
    if (!merged.empty() && merged.back().step == event.step) {
      merged.back().bytes += event.bytes;
      merged.back().gradient = merged.back().gradient && event.gradient;
      merged.back().delay = std::min(merged.back().delay, event.delay);
    } else {
      merged.push_back(event);
    }
  }
  return merged;
}

std::string emulated_network(const RunConfig& config) {
  if (!config.has("emulated_network")) return {};
  const std::string& name = config.text("emulated_network");
  return name == "none" ? "" : name;
}

Overlap overlap_of(const std::vector<const RunData*>& runs) {
  // Less than this of an exchange passes between its start and the wait for it without any overlap.
  constexpr double kSomething = 0.01;
  struct Seen {
    double hidden_s = 0, all_s = 0;
    bool hides() const { return hidden_s > kSomething * all_s; }
  } gradients, delayed;
  for (const RunData* run : runs) {
    for (const SyncRecord& sync : run->syncs) {
      Seen& seen = sync.kind.starts_with("gradient") ? gradients : delayed;
      seen.hidden_s += sync.hidden_s;
      seen.all_s += sync.hidden_s + sync.transfer_s;
    }
  }
  return {gradients.hides(), delayed.hides()};
}

namespace {
double passed_by(const SyncRecord& record, std::int64_t until) {
  if (record.first > until) return 0;
  const std::int64_t period = std::max<std::int64_t>(record.period, 1);
  return static_cast<double>(std::min(record.count, (until - record.first) / period + 1));
}
}  // namespace

double bytes_until(const RunData& run, std::int64_t until) {
  double sum = 0;
  for (const SyncRecord& record : run.syncs)
    sum += static_cast<double>(record.bytes_per_worker) * passed_by(record, until);
  return sum;
}

double rounds_until(const RunData& run, std::int64_t until) {
  double sum = 0;
  for (const SyncRecord& record : run.syncs) sum += passed_by(record, until);
  return sum;
}

SeedValues accuracy_by_seed(const Cell& cell) {
  SeedValues values;
  for (const SeedResult& result : cell.seeds) values[result.seed] = result.accuracy;
  return values;
}

std::string listing(const std::vector<std::string>& names, std::size_t limit) {
  std::string text;
  const std::size_t shown = names.size() > limit + 1 ? limit : names.size();
  for (std::size_t i = 0; i < shown; ++i) text += (i ? ", " : "") + names[i];
  if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

}  // namespace lockstep
