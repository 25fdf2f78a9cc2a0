#include "orchestrator/cli/status_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/cli/status_view.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/progress.hpp"
#include "orchestrator/schedule/stop_signals.hpp"
#include "reports/text/escape.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kRunsInAPipe = 20;
constexpr int kOtherRows = 3;  // the headline, the counts, "and more"

/// Nothing more will happen by itself.
bool is_over(const std::vector<RunStatus>& states) {
  return std::all_of(states.begin(), states.end(), [](const RunStatus& status) {
    const int rank = urgency(status.verdict.state);
    return rank < urgency(RunState::running) || rank > urgency(RunState::fresh);
  });
}

/// Something happens without a supervisor, too: processes that outlived it.
bool is_moving(const std::vector<RunStatus>& states) {
  return std::any_of(states.begin(), states.end(), [](const RunStatus& status) {
    return status.verdict.state == RunState::running || status.verdict.state == RunState::queued;
  });
}

class Watch {
 public:
  Watch(Session& session, std::string study, bool all)
      : session_(session), study_(std::move(study)), all_(all) {}

  void draw(const std::vector<RunStatus>& states, double now_s) {
    const Progress progress = progress_at(states, now_s);
    std::vector<std::string> lines{fmt::format("{}: {}", study_, progress_line(progress)),
                                   "  " + counts_text(states)};
    StatusView view{.colour = session_.colour(), .all = all_, .runs = kRunsInAPipe};
    if (session_.out_on_tty()) view.runs = room();
    for (std::string& line : run_lines(states, view)) lines.push_back(std::move(line));
    session_.out_on_tty() ? redraw(lines) : print(lines);
    session_.out().flush();
  }

 private:
  Progress progress_at(const std::vector<RunStatus>& states, double now_s) {
    std::map<std::string, Verdict> verdicts;
    RunShares shares;
    for (const RunStatus& status : states) {
      verdicts[status.id] = status.verdict;
      shares[status.id] = status.share;
    }
    if (began_s_ < 0) {
      began_s_ = now_s;
      share_at_start_ = progress_of(verdicts, shares, 0, 0).share;
    }
    return progress_of(verdicts, shares, share_at_start_, now_s - began_s_);
  }

  /// Every run may take three lines: itself, its reason, its log.
  std::size_t room() const {
    return static_cast<std::size_t>(std::max(1, (session_.rows() - kOtherRows) / 3));
  }

  /// From the top of the screen, each line cut to it: nothing flickers, and nothing scrolls.
  void redraw(const std::vector<std::string>& lines) {
    const auto rows = static_cast<std::size_t>(std::max(2, session_.rows() - 1));
    const auto columns = static_cast<std::size_t>(std::max(10, session_.columns()));
    std::string frame = drawn_ ? "\033[H" : "\033[H\033[2J";
    for (std::size_t i = 0; i < std::min(rows, lines.size()); ++i) {
      const bool coloured = lines[i].find('\033') != std::string::npos;
      const std::size_t codes = coloured ? 9 : 0;  // "\033[31m" and "\033[0m" take no columns
      frame += shorten(lines[i], columns + codes) + "\033[K\n";
    }
    session_.out() << frame << "\033[J";
    drawn_ = true;
  }

  void print(const std::vector<std::string>& lines) {
    if (drawn_) session_.out() << '\n';
    session_.out() << utc_now() << '\n';
    for (const std::string& line : lines) session_.out() << line << '\n';
    drawn_ = true;
  }

  Session& session_;
  std::string study_;
  bool all_;
  bool drawn_ = false;
  double began_s_ = -1, share_at_start_ = 0;
};
}  // namespace

ExitCode watch_status(Session& session, Timer& timer, const std::string& study,
                      const WatchOptions& options, const std::function<WatchLook()>& look) {
  const StopSignals signals;
  Watch watch(session, study, options.all);
  while (signals.count() == 0 && session.out()) {
    const auto [states, attended] = look();
    watch.draw(states, timer.now_s());
    if (is_over(states)) break;
    if (!attended && !is_moving(states)) {
      session.say("nobody works on it; to go on: " + session.command({"resume", study}));
      break;
    }
    if (signals.count() == 0) timer.sleep_s(options.interval_s);
  }
  return ExitCode::ok;
}

}  // namespace lockstep
