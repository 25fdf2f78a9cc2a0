#include "orchestrator/schedule/reconcile.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace lockstep {

namespace {
class Loop {
 public:
  Loop(const std::vector<RunToDo>& todo, Launcher& launcher, FactSource& facts, Journal& journal,
       Timer& timer, const ReconcileOptions& options, const ReconcileEvents& events)
      : todo_(todo),
        launcher_(launcher),
        facts_(facts),
        journal_(journal),
        timer_(timer),
        options_(options),
        events_(events) {}

  Verdicts run() {
    look_at_all();
    while (true) {
      collect_ended();
      look_for_runs_to_end();
      if (!stopping_ && events_.stop && events_.stop() == Stop::checkpoint) begin_stop();
      if (!stopping_) {
        look_at_foreign();
        pause_if_due();
        submit_what_fits();
      }
      if (events_.tick) events_.tick();
      if (active_.empty() && (stopping_ || nothing_left())) return verdicts_;
      timer_.sleep_s(options_.poll_s);
    }
  }

 private:
  void set(const std::string& run, const Verdict& verdict) {
    const auto known = verdicts_.find(run);
    if (known != verdicts_.end() && known->second == verdict) return;
    verdicts_[run] = verdict;
    if (events_.changed) events_.changed(run, verdict);
  }

  void look_at_all() {
    for (const RunToDo& item : todo_) {
      set(item.run, judge(facts_.facts(item.run), options_.policy));
      const RunState state = verdicts_[item.run].state;
      if (wants_to_run(state)) ready_[item.run] = timer_.now_s();
      // queued and running: by somebody else's process, as we have started nothing yet
      if (state == RunState::running || state == RunState::queued) foreign_.push_back(item.run);
    }
    idle_since_s_ = next_foreign_s_ = timer_.now_s();
  }

  void collect_ended() {
    std::vector<std::string> tokens;
    for (const auto& [token, run] : active_) tokens.push_back(token);
    for (const JobStatus& status : launcher_.poll(tokens)) {
      const std::string run = active_.at(status.token);
      if (status.state == JobStatus::State::ended) {
        journal_.ended(status.token, status.exit);
        active_.erase(status.token);
        after_end(run);
      } else if (status.state != JobStatus::State::unknown) {  // unknown: ask again later
        const bool running = status.state == JobStatus::State::running;
        set(run, {running ? RunState::running : RunState::queued, "",
                  verdicts_[run].infrastructure_failures});
      }
    }
    if (!active_.empty()) idle_since_s_ = timer_.now_s();
  }

  void after_end(const std::string& run) {
    const Verdict verdict = judge(facts_.facts(run), options_.policy);
    set(run, verdict);
    if (verdict.state == RunState::running || verdict.state == RunState::queued) {
      foreign_.push_back(run);
    } else if (verdict.state == RunState::resumable || verdict.state == RunState::fresh) {
      const int failures = verdict.infrastructure_failures;
      const double delay_s =
          failures == 0 ? 0 : options_.retry_delay_s * std::pow(2.0, std::min(failures, 8) - 1);
      ready_[run] = timer_.now_s() + delay_s;
    }
  }

  void look_for_runs_to_end() {
    if (timer_.now_s() < next_cancel_s_) return;
    next_cancel_s_ = timer_.now_s() + options_.cancel_poll_s;
    const auto to_end = journal_.newly_to_end();
    if (to_end.empty()) return;
    const std::set<std::string> runs(to_end.begin(), to_end.end());
    for (const std::string& run : runs) {
      if (ready_.erase(run) > 0) set(run, judge(facts_.facts(run), options_.policy));
    }
    stop_jobs([&](const std::string& run) { return runs.count(run) > 0; });
  }

  void look_at_foreign() {
    if (foreign_.empty() || timer_.now_s() < next_foreign_s_) return;
    next_foreign_s_ = timer_.now_s() + options_.foreign_poll_s;
    facts_.refresh();
    std::vector<std::string> before;
    before.swap(foreign_);
    for (const std::string& run : before) after_end(run);
  }

  bool pause_is_due() const {
    return options_.pause_after > 0 && since_pause_ >= options_.pause_after;
  }

  void pause_if_due() {
    if (!pause_is_due() || !active_.empty() || ready_.empty()) return;
    since_pause_ = 0;
    if (events_.pause) events_.pause();
  }

  void submit_what_fits() {
    for (const RunToDo& item : todo_) {
      if (ready_.empty() || static_cast<int>(active_.size()) >= options_.ahead) return;
      if (pause_is_due()) return;
      const auto ready = ready_.find(item.run);
      if (ready == ready_.end() || ready->second > timer_.now_s()) continue;
      ready_.erase(ready);
      Job job = item.job;
      job.token = journal_.prepare(item.run);
      job.log = job.run_directory / "launch" / (job.token + ".log");
      active_[job.token] = item.run;
      ++since_pause_;
      launcher_.submit(job);
    }
  }

  void begin_stop() {
    stopping_ = true;
    stop_jobs([](const std::string&) { return true; });
  }

  template <typename Wanted>
  void stop_jobs(const Wanted& wanted) {
    std::vector<std::string> tokens;
    for (const auto& [token, run] : active_) {
      if (!wanted(run)) continue;
      journal_.stopping(token);
      tokens.push_back(token);
    }
    launcher_.cancel(tokens);
  }

  bool nothing_left() const {
    if (!ready_.empty()) return false;
    return foreign_.empty() || timer_.now_s() - idle_since_s_ > options_.foreign_limit_s;
  }

  const std::vector<RunToDo>& todo_;
  Launcher& launcher_;
  FactSource& facts_;
  Journal& journal_;
  Timer& timer_;
  const ReconcileOptions& options_;
  const ReconcileEvents& events_;
  Verdicts verdicts_;
  std::map<std::string, double> ready_;        ///< run -> not before
  std::map<std::string, std::string> active_;  ///< token -> run, ours
  std::vector<std::string> foreign_;           ///< runs that somebody else's process works on
  double next_foreign_s_ = 0, next_cancel_s_ = 0, idle_since_s_ = 0;
  int since_pause_ = 0;  ///< jobs
  bool stopping_ = false;
};
}  // namespace

Verdicts reconcile(const std::vector<RunToDo>& todo, Launcher& launcher, FactSource& facts,
                   Journal& journal, Timer& timer, const ReconcileOptions& options,
                   const ReconcileEvents& events) {
  return Loop(todo, launcher, facts, journal, timer, options, events).run();
}

}  // namespace lockstep
