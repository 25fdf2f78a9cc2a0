// Launcher, files, journal and time for tests of the reconcile loop: nothing is started and nobody
// waits.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "orchestrator/launch/launcher.hpp"
#include "orchestrator/launch/timer.hpp"
#include "orchestrator/schedule/reconcile.hpp"

namespace lockstep::test {

class FakeTimer : public Timer {
 public:
  double now_s() override { return now_; }
  void sleep_s(double seconds) override { now_ += seconds; }

 private:
  double now_ = 1000;
};

/// Jobs run for `job_s` of fake time and then end as `ending` says; the hook sees the end, to
/// change facts.
class FakeLauncher : public Launcher {
 public:
  explicit FakeLauncher(Timer& timer) : timer_(timer) {}

  double job_s = 0;
  std::function<Exit(const Job&)> ending = [](const Job&) { return Exit{}; };
  std::vector<Job> submitted;
  std::set<std::string> cancelled;
  std::size_t most_at_once = 0;

  void submit(const Job& job) override {
    check_token(job.token);
    if (jobs_.count(job.token)) throw LaunchError("job " + job.token + " was submitted before");
    jobs_[job.token] = {job, timer_.now_s() + job_s, std::nullopt};
    submitted.push_back(job);
    std::size_t open = 0;
    for (const auto& [token, entry] : jobs_) open += entry.exit ? 0u : 1u;
    most_at_once = std::max(most_at_once, open);
  }

  std::vector<JobStatus> poll(const std::vector<std::string>& tokens) override {
    std::vector<JobStatus> answer;
    for (const std::string& token : tokens) {
      const auto found = jobs_.find(token);
      if (found == jobs_.end()) {
        answer.push_back({JobStatus::State::unknown, token, std::nullopt});
        continue;
      }
      Entry& entry = found->second;
      const bool over = timer_.now_s() >= entry.ends_s || cancelled.count(token) > 0;
      if (!entry.exit && over) entry.exit = ending(entry.job);
      answer.push_back(
          {entry.exit ? JobStatus::State::ended : JobStatus::State::running, token, entry.exit});
    }
    return answer;
  }

  void cancel(const std::vector<std::string>& tokens) override {
    for (const std::string& token : tokens) {
      if (jobs_.count(token) && !jobs_[token].exit) cancelled.insert(token);
    }
  }

 private:
  struct Entry {
    Job job;
    double ends_s = 0;
    std::optional<Exit> exit;
  };
  Timer& timer_;
  std::map<std::string, Entry> jobs_;
};

/// Facts and journal in memory. An ended job leaves what `attempt` says; nothing if it returns no
/// fact.
class FakeFiles : public FactSource, public Journal {
 public:
  std::map<std::string, RunFacts> runs;
  std::vector<std::string> log;  ///< "prepare r1", "stop r1", "end r1 75"
  int refreshes = 0;
  std::function<void(FakeFiles&)> on_refresh;

  RunFacts facts(const std::string& run) override { return runs[run]; }
  void refresh() override {
    ++refreshes;
    if (on_refresh) on_refresh(*this);
  }

  std::string prepare(const std::string& run) override {
    auto& submissions = runs[run].submissions;
    const int number = static_cast<int>(submissions.size()) + 1;
    const std::string token = run + "-" + std::to_string(number);
    submissions.push_back({.token = token, .number = number, .owner_alive = true});
    log.push_back("prepare " + run);
    return token;
  }
  void ended(const std::string& token, const std::optional<Exit>& exit) override {
    if (exit) find(token).exit_code = exit->shell_code();
    log.push_back("end " + token + " " + (exit ? std::to_string(exit->shell_code()) : "-"));
  }
  void stopping(const std::string& token) override {
    find(token).stopped = true;
    log.push_back("stop " + token);
  }

  /// Cancels, or stops early, at the `nth` question for runs that are to end.
  void cancel_at(int nth, const std::string& run) { cancel_[nth] = run; }
  void stop_early_at(int nth, const std::string& run) { stop_early_[nth] = run; }
  std::vector<std::string> newly_to_end() override {
    const int question = ++cancel_questions_;
    std::vector<std::string> to_end;
    if (const auto now = cancel_.find(question); now != cancel_.end()) {
      runs[now->second].cancelled = true;
      to_end.push_back(now->second);
    }
    if (const auto now = stop_early_.find(question); now != stop_early_.end()) {
      runs[now->second].stopped_early = "dominated";
      to_end.push_back(now->second);
    }
    return to_end;
  }

  SubmissionFact& find(const std::string& token) {
    for (auto& [run, facts] : runs) {
      for (SubmissionFact& fact : facts.submissions) {
        if (fact.token == token) return fact;
      }
    }
    throw std::logic_error("no token " + token);
  }
  /// An attempt of the run's newest submission.
  void add_attempt(const std::string& run, std::optional<EndReason> reason, std::int64_t step) {
    RunFacts& facts = runs[run];
    facts.attempts.push_back({.number = static_cast<int>(facts.attempts.size()) + 1,
                              .token = facts.submissions.back().token,
                              .reason = reason,
                              .step = step});
  }

 private:
  std::map<int, std::string> cancel_, stop_early_;
  int cancel_questions_ = 0;
};

}  // namespace lockstep::test
