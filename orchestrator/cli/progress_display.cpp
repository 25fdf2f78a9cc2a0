#include "orchestrator/cli/progress_display.hpp"

#include <fmt/format.h>

namespace lockstep {

namespace {
constexpr double kRedrawS = 0.25;

/// States that a run stays in, as far as this command goes.
bool settled(RunState state) {
  return state == RunState::done || state == RunState::diverged || state == RunState::failed ||
         state == RunState::blocked || state == RunState::cancelled ||
         state == RunState::stopped_early || state == RunState::unknown;
}
}  // namespace

ProgressDisplay::ProgressDisplay(Session& session, Timer& timer, const Workspace& workspace,
                                 const std::map<std::string, std::string>& labels)
    : session_(session),
      timer_(timer),
      workspace_(workspace),
      labels_(labels),
      began_s_(timer.now_s()) {}

ProgressDisplay::~ProgressDisplay() { clear_line(); }

void ProgressDisplay::clear_line() {
  if (drawn_) session_.err() << "\r\033[K" << std::flush;
  drawn_ = false;
}

void ProgressDisplay::say(const std::string& text) {
  clear_line();
  session_.say(text);
}

void ProgressDisplay::changed(const std::string& run, const Verdict& verdict) {
  verdicts_[run] = verdict;
  const bool known_at_start = share_at_start_ < 0;
  if (known_at_start || (!settled(verdict.state) && verdict.state != RunState::resumable)) return;
  const Progress progress = progress_of(verdicts_, shares_, 0, 0);
  const auto label = labels_.find(run);
  std::string line = fmt::format(
      "[{}/{}] {} {} {}", progress.total - progress.waiting - progress.running, progress.total,
      name_of(verdict.state), run.substr(0, 12), label == labels_.end() ? "" : label->second);
  if (!verdict.reason.empty()) line += ": " + verdict.reason;
  const bool good = verdict.state == RunState::done;
  if (!session_.progress_on_tty() || !good) say(line);
}

void ProgressDisplay::read_shares() {
  for (const auto& [run, verdict] : verdicts_) {
    if (verdict.state != RunState::running) continue;
    const RunDirectory directory = workspace_.run(run);
    const auto attempts = directory.claimed_attempts();
    if (attempts.empty()) continue;
    const auto beat = read_heartbeat(directory.heartbeat(attempts.back(), 0));
    if (!beat || beat->total_steps <= 0) continue;
    shares_[run] = static_cast<double>(beat->step) / static_cast<double>(beat->total_steps);
  }
}

void ProgressDisplay::tick() {
  if (share_at_start_ < 0) share_at_start_ = progress_of(verdicts_, shares_, 0, 0).share;
  const double now_s = timer_.now_s();
  if (!session_.progress_on_tty() || now_s < next_draw_s_) return;
  next_draw_s_ = now_s + kRedrawS;
  read_shares();
  std::string line =
      progress_line(progress_of(verdicts_, shares_, share_at_start_, now_s - began_s_));
  const auto room = static_cast<std::size_t>(std::max(10, session_.columns() - 1));
  if (line.size() > room) line.resize(room);
  session_.err() << "\r\033[K" << line << std::flush;
  drawn_ = true;
}

}  // namespace lockstep
