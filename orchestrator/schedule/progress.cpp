#include "orchestrator/schedule/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lockstep {

Progress progress_of(const std::map<std::string, Verdict>& verdicts, const RunShares& shares,
                     double share_at_start, double elapsed_s) {
  Progress progress;
  double sum = 0;
  for (const auto& [run, verdict] : verdicts) {
    ++progress.total;
    double share = 0;
    if (const auto known = shares.find(run); known != shares.end())
      share = std::clamp(known->second, 0.0, 1.0);
    switch (verdict.state) {
      case RunState::done:
      case RunState::diverged:
        ++progress.done;
        share = 1;
        break;
      case RunState::running:
        ++progress.running;
        break;
      case RunState::failed:
      case RunState::blocked:
      case RunState::unknown:
        ++progress.failed;
        share = 1;
        break;  // nothing more will be done for it
      case RunState::cancelled:
        ++progress.cancelled;
        share = 0;
        break;
      case RunState::stopped_early:
        ++progress.stopped_early;
        share = 1;
        break;
      case RunState::fresh:
      case RunState::queued:
      case RunState::resumable:
        ++progress.waiting;
        break;
    }
    sum += share;
  }
  const int asked_for = progress.total - progress.cancelled;
  progress.share = asked_for == 0 ? 1 : sum / asked_for;
  const double gained = progress.share - share_at_start;
  if (gained >= 0.01 && elapsed_s > 0) progress.eta_s = elapsed_s * (1 - progress.share) / gained;
  return progress;
}

std::string progress_line(const Progress& progress) {
  std::string line = fmt::format("{}/{} done", progress.done, progress.total);
  if (progress.running > 0) line += fmt::format(", {} running", progress.running);
  if (progress.failed > 0) line += fmt::format(", {} failed", progress.failed);
  if (progress.stopped_early > 0) line += fmt::format(", {} stopped early", progress.stopped_early);
  if (progress.cancelled > 0) line += fmt::format(", {} cancelled", progress.cancelled);
  if (progress.cancelled < progress.total || progress.total == 0)
    line += fmt::format(", {:.0f} %", std::floor(progress.share * 100));
  if (progress.eta_s) line += fmt::format(", {} left", duration_text(*progress.eta_s));
  return line;
}

std::string counted(std::size_t count, const std::string& one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::llround(std::max(0.0, seconds)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  return fmt::format("{} d {} h", whole / 86400, whole % 86400 / 3600);
}

std::string bytes_text(double bytes) {
  const char* const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < std::size(units)) {
    bytes /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units[unit]);
}

}  // namespace lockstep
