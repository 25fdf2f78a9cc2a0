#include "orchestrator/launch/served_jobs.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

namespace lockstep {

using Json = nlohmann::ordered_json;

namespace {
// A server that was killed by accident is worth another one; one that keeps dying is not.
constexpr int kServers = 3;
// After the end of its input a server without jobs ends at once.
constexpr double kServerEndS = 5;

bool send_all(int socket, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t sent =
        ::send(socket, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;  // also where it has not read for long: its buffer takes many jobs
    done += static_cast<std::size_t>(sent);
  }
  return true;
}
}  // namespace

ServedJobs::ServedJobs(TrainerSetup setup, Timer& timer, double start_deadline_s)
    : setup_(std::move(setup)), timer_(timer), start_deadline_s_(start_deadline_s) {}

ServedJobs::~ServedJobs() {
  for (const auto& [token, job] : jobs_) {
    if (job.state == State::running) ::kill(-job.pid, SIGKILL);
  }
  if (socket_ >= 0) ::close(socket_);
  if (server_) server_->wait(kServerEndS);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

// Orphans of the server become children of this process, so that their ends stay known.
bool ServedJobs::start_server() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  try {
    server_.emplace(Process::start({.argv = server_argv(setup_),
                                    .environment = trainer_environment(setup_),
                                    .directory = {},
                                    .stdin_fd = ends[1],
                                    .stdout_fd = ends[1],
                                    .stderr_fd = 2}));
  } catch (...) {
    ::close(ends[0]);
    ::close(ends[1]);
    throw;
  }
  ::close(ends[1]);
  socket_ = ends[0];
  ready_ = false;
  heard_.clear();
  return true;
}

bool ServedJobs::take(const Job& job) {
  update();
  const Json json{
      {"token", job.token}, {"log", job.log.string()}, {"argv", trainer_argv(setup_, job)}};
  while (failures_ < kServers && (server_ || start_server())) {
    if (send_all(socket_, json.dump() + "\n")) {
      jobs_[job.token] = {.answer_by_s = timer_.now_s() + start_deadline_s_};
      return true;
    }
    server_failed();
  }
  return false;
}

ServedJobs::Status ServedJobs::look(const std::string& token) {
  update();
  const auto job = jobs_.find(token);
  if (job == jobs_.end()) return {State::given_back, std::nullopt};
  const Status status{job->second.state, job->second.exit};
  if (status.state == State::ended || status.state == State::given_back) jobs_.erase(job);
  return status;
}

void ServedJobs::signal(const std::string& token, int number) {
  const auto job = jobs_.find(token);
  if (job == jobs_.end()) return;
  if (job->second.state == State::running) {
    ::kill(-job->second.pid, number);
  } else {
    job->second.signal = number;
  }
}

void ServedJobs::update() {
  if (server_) {
    const bool dead = server_->poll().has_value();  // before reading: its last words are there then
    hear();
    bool late = false;
    for (const auto& [token, job] : jobs_) {
      late = late || (job.state == State::waiting && timer_.now_s() > job.answer_by_s);
    }
    if (dead || late) server_failed();
  }
  look_after_orphans();
}

void ServedJobs::hear() {
  std::array<char, 65536> bytes;
  while (true) {
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    heard_.append(bytes.data(), static_cast<std::size_t>(got));
  }
  for (std::size_t end; (end = heard_.find('\n')) != std::string::npos;) {
    const std::string line = heard_.substr(0, end);
    heard_.erase(0, end + 1);
    try {
      obey(Json::parse(line));
    } catch (const Json::exception&) {
      // A trainer that does not serve says something else, and ends.
    }
  }
}

void ServedJobs::obey(const Json& json) {
  const auto event = json.at("event").get<std::string>();
  if (event == "ready") ready_ = true;
  const auto found = jobs_.find(json.value("token", std::string()));
  if (found == jobs_.end()) return;
  Held& job = found->second;
  if (event == "started") {
    job.pid = json.at("pid").get<pid_t>();
    job.state = State::running;
    if (job.signal != 0) ::kill(-job.pid, job.signal);
  } else if (event == "ended") {
    job.exit = Exit{json.at("code").get<int>(), json.at("signal").get<int>()};
    job.state = State::ended;
  } else if (event == "refused") {
    job.state = State::given_back;
    ++failures_;
  }
}

// One that never was ready will not be the next time either.
void ServedJobs::server_failed() {
  failures_ = ready_ ? failures_ + 1 : kServers;
  server_->signal(SIGKILL);
  server_->wait(kServerEndS);
  hear();
  server_.reset();
  ::close(std::exchange(socket_, -1));
  for (auto& [token, job] : jobs_) {
    if (job.state == State::waiting) job.state = State::given_back;
    if (job.state == State::running) job.orphan = true;
  }
}

void ServedJobs::look_after_orphans() {
  for (auto& [token, job] : jobs_) {
    if (!job.orphan || job.state != State::running) continue;
    int status = 0;
    const pid_t got = ::waitpid(job.pid, &status, WNOHANG);
    if (got == 0) continue;
    job.state = State::ended;
    // Should even its end have been lost, files tell what it did.
    job.exit = got == job.pid ? exit_from(status) : Exit{0, SIGKILL};
  }
}

}  // namespace lockstep
