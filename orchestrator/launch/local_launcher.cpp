#include "orchestrator/launch/local_launcher.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "results/record/file_system.hpp"

namespace lockstep {

using State = JobStatus::State;

namespace {
constexpr double kNapS = 0.01;

/// The log of a job, open for appending while the job is started.
class LogFile {
 public:
  explicit LogFile(const std::filesystem::path& path) {
    try {
      make_directories(path.parent_path());
    } catch (const std::exception&) {
      // Opening fails, and says why.
    }
    fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd_ < 0) {
      throw LaunchError(
          fmt::format("cannot open the job log {}: {}", path.string(), std::strerror(errno)));
    }
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  ~LogFile() { ::close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};
}  // namespace

LocalLauncher::LocalLauncher(LocalOptions options, Timer& timer)
    : options_(std::move(options)),
      timer_(timer),
      served_(options_.trainer, timer, options_.server_deadline_s) {
  options_.slots = std::max(1, options_.slots);
}

LocalLauncher::~LocalLauncher() {
  queue_.clear();
  for (auto& [token, entry] : entries_) signal(entry, stop_signal(entry.job.processes));
  const double deadline_s = timer_.now_s() + options_.grace_s;
  while (running_ > 0 && timer_.now_s() < deadline_s) {
    reap();
    if (running_ > 0) timer_.sleep_s(kNapS);
  }
}

void LocalLauncher::submit(const Job& job) {
  check_token(job.token);
  if (!entries_.emplace(job.token, Entry{job}).second) {
    throw LaunchError(fmt::format("job {} was submitted before", job.token));
  }
  queue_.push_back(job.token);
  start_what_fits();
}

std::vector<JobStatus> LocalLauncher::poll(const std::vector<std::string>& tokens) {
  reap();
  start_what_fits();
  std::vector<JobStatus> answer;
  for (const std::string& token : tokens) {
    const auto found = entries_.find(token);
    if (found == entries_.end()) {
      answer.push_back({State::unknown, token, std::nullopt});
    } else {
      answer.push_back({found->second.state, token, found->second.exit});
    }
  }
  return answer;
}

void LocalLauncher::cancel(const std::vector<std::string>& tokens) {
  for (const std::string& token : tokens) {
    const auto found = entries_.find(token);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    if (entry.state == State::queued) {
      entry.state = State::ended;
      queue_.erase(std::remove(queue_.begin(), queue_.end(), token), queue_.end());
    } else if (entry.state == State::running && entry.kill_at_s == 0) {
      signal(entry, stop_signal(entry.job.processes));
      entry.kill_at_s = timer_.now_s() + options_.grace_s;
    }
  }
}

void LocalLauncher::kill_all() {
  for (auto& [token, entry] : entries_) signal(entry, SIGKILL);
}

void LocalLauncher::reap() {
  for (auto& [token, entry] : entries_) {
    if (entry.state != State::running) continue;
    if (entry.kill_at_s > 0 && timer_.now_s() >= entry.kill_at_s) signal(entry, SIGKILL);
    look_at(entry);
  }
}

void LocalLauncher::look_at(Entry& entry) {
  if (entry.process) {
    entry.exit = entry.process->poll();
    if (entry.exit) end(entry, State::ended);
    return;
  }
  const ServedJobs::Status status = served_.look(entry.job.token);
  if (status.state == ServedJobs::State::ended) {
    entry.exit = status.exit;
    end(entry, State::ended);
  } else if (status.state == ServedJobs::State::given_back) {
    entry.given_back = true;
    const bool cancelled = entry.kill_at_s > 0;
    end(entry, cancelled ? State::ended : State::queued);
    if (!cancelled) queue_.push_front(entry.job.token);
  }
}

/// What ran does so no longer.
void LocalLauncher::end(Entry& entry, State state) {
  entry.state = state;
  entry.process.reset();
  entry.served = false;
  --running_;
  if (entry.job.exclusive) exclusive_running_ = false;
}

void LocalLauncher::signal(Entry& entry, int number) {
  if (entry.process) entry.process->signal(number);
  if (entry.served) served_.signal(entry.job.token, number);
}

bool LocalLauncher::fits(const Job& job) const {
  if (job.exclusive) return running_ == 0;
  return running_ < options_.slots && !exclusive_running_;
}

void LocalLauncher::start_what_fits() {
  while (!queue_.empty()) {
    Entry& entry = entries_.at(queue_.front());
    if (!fits(entry.job)) return;  // strictly in order, or an exclusive job would wait for ever
    queue_.pop_front();
    start(entry);
  }
}

void LocalLauncher::start(Entry& entry) {
  const LogFile log(entry.job.log);
  entry.state = State::ended;  // should starting fail
  entry.served =
      options_.serve && !entry.given_back && entry.job.processes == 1 && served_.take(entry.job);
  if (!entry.served) {
    entry.process = Process::start({.argv = trainer_argv(options_.trainer, entry.job),
                                    .environment = trainer_environment(options_.trainer),
                                    .directory = {},
                                    .stdin_fd = -1,
                                    .stdout_fd = log.fd(),
                                    .stderr_fd = log.fd(),
                                    .death_signal = stop_signal(entry.job.processes)});
  }
  entry.state = State::running;
  ++running_;
  if (entry.job.exclusive) exclusive_running_ = true;
}

}  // namespace lockstep
