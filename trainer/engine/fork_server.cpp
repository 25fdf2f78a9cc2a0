#include "trainer/engine/fork_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "trainer/engine/process_title.hpp"

namespace lockstep {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

namespace {
constexpr std::chrono::seconds kGrace(60);  // as long as `lockstep` gives a run that it cancels
constexpr int kInternalError = 70;          // exit codes of lockstep-train
constexpr int kNoStorage = 74;
constexpr std::array kStopSignals = {SIGTERM, SIGINT, SIGUSR2};

struct ServedJob {
  std::string token, log;
  std::vector<std::string> argv;
};

std::ptrdiff_t threads_of_this_process() {
  namespace fs = std::filesystem;
  return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
}

sigset_t server_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : kStopSignals) ::sigaddset(&set, number);
  ::sigaddset(&set, SIGCHLD);
  return set;
}

/// Both ends of a pipe; a job waits at it until its start is told.
struct Gate {
  std::array<int, 2> ends{-1, -1};
  Gate() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) ends = {-1, -1};
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() {
    for (const int end : ends)
      if (end >= 0) ::close(end);
  }
  bool made() const { return ends[0] >= 0; }
  void open() const { [[maybe_unused]] const auto told = ::write(ends[1], "!", 1); }
  /// False where the server has died before.
  bool pass() {
    ::close(std::exchange(ends[1], -1));
    char byte = 0;
    ssize_t got = 0;
    do {
      got = ::read(ends[0], &byte, 1);
    } while (got < 0 && errno == EINTR);
    return got == 1;
  }
};

/// stdin is /dev/null; what the job prints goes to its log, or nowhere is it started.
bool redirect(const std::string& log) {
  const int null = ::open("/dev/null", O_RDONLY);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0640);
  return null >= 0 && out >= 0 && ::dup2(null, 0) == 0 && ::dup2(out, 1) == 1 &&
         ::dup2(out, 2) == 2;
}

/// In the child: everything that exec would have done, then the program.
[[noreturn]] void become(const ServedJob& job, pid_t server, Gate& gate,
                         const ServedProgram& program) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != server) ::_exit(127);  // it died before prctl
  set_process_title(job.argv);
  if (!gate.pass()) ::_exit(127);
  if (!redirect(job.log)) ::_exit(kNoStorage);
  ::close_range(3, ~0U, 0);
  for (const int number : kStopSignals) ::signal(number, SIG_DFL);
  ::signal(SIGPIPE, SIG_DFL);
  const sigset_t blocked = server_signals();
  ::sigprocmask(SIG_UNBLOCK, &blocked, nullptr);
  int code = kInternalError;
  try {
    code = program.run(job.argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
  }
  std::fflush(nullptr);
  ::_exit(code);  // not exit(): what the server registered is not the job's
}

class ForkServer {
 public:
  explicit ForkServer(const ServedProgram& program) : program_(program), self_(::getpid()) {
    const sigset_t set = server_signals();
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    ::signal(SIGPIPE, SIG_IGN);
  }
  ~ForkServer() { ::close(signals_); }
  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;

  int run() {
    say({{"event", "ready"}});
    while (!(stopping_ && jobs_.empty())) {
      std::array<pollfd, 2> ready{{{signals_, POLLIN, 0}, {stopping_ ? -1 : 0, POLLIN, 0}}};
      ::poll(ready.data(), ready.size(), milliseconds_left());
      if (ready[0].revents) hear_signals();
      reap();
      if (ready[1].revents && !stopping_) hear_owner();
      if (stopping_ && Clock::now() >= kill_at_) signal_all(SIGKILL);
    }
    return 0;
  }

 private:
  int milliseconds_left() const {
    if (!stopping_) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(kill_at_ - Clock::now()).count();
    return left > 0 ? static_cast<int>(left) : 100;  // killed: soon gone
  }

  void say(const Json& event) {
    const std::string line = event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    for (std::size_t done = 0; done < line.size();) {
      const ssize_t wrote = ::write(1, line.data() + done, line.size() - done);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) return begin_stop();  // nobody listens
      done += static_cast<std::size_t>(wrote);
    }
  }

  void hear_signals() {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_signo != static_cast<std::uint32_t>(SIGCHLD)) begin_stop();
    }
  }

  void hear_owner() {
    std::array<char, 65536> bytes;
    const ssize_t got = ::read(0, bytes.data(), bytes.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) return begin_stop();
    heard_.append(bytes.data(), static_cast<std::size_t>(got));
    for (std::size_t end; !stopping_ && (end = heard_.find('\n')) != std::string::npos;) {
      const std::string line = heard_.substr(0, end);
      heard_.erase(0, end + 1);
      start(line);
    }
  }

  void start(const std::string& line) {
    ServedJob job;
    try {
      const Json json = Json::parse(line);
      job = {json.at("token").get<std::string>(), json.at("log").get<std::string>(),
             json.at("argv").get<std::vector<std::string>>()};
    } catch (const Json::exception&) {
      return refuse(job, "this is no job");
    }
    if (program_.prepare) program_.prepare(job.argv);
    // What another thread holds at a fork (the lock of an allocator, say) would be held for ever.
    if (threads_of_this_process() != 1) return refuse(job, "the server has several threads");
    Gate gate;
    std::fflush(nullptr);
    const pid_t pid = gate.made() ? ::fork() : -1;
    if (pid < 0) return refuse(job, std::strerror(errno));
    if (pid == 0) become(job, self_, gate, program_);
    ::setpgid(pid, pid);  // also here: whoever is told the pid may signal the group
    jobs_[pid] = job.token;
    say({{"event", "started"}, {"token", job.token}, {"pid", pid}});
    gate.open();
  }

  void refuse(const ServedJob& job, const std::string& why) {
    say({{"event", "refused"}, {"token", job.token}, {"why", why}});
  }

  // An end is told before the pid is free: should the server die between, its own parent still
  // finds out how the job ended.
  void reap() {
    siginfo_t info{};
    while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
      const bool exited = info.si_code == CLD_EXITED;
      if (const auto job = jobs_.find(info.si_pid); job != jobs_.end()) {
        say({{"event", "ended"},
             {"token", job->second},
             {"code", exited ? info.si_status : 0},
             {"signal", exited ? 0 : info.si_status}});
        jobs_.erase(job);
      }
      ::waitpid(info.si_pid, nullptr, 0);
      info = {};
    }
  }

  void begin_stop() {
    if (stopping_) return;
    stopping_ = true;
    kill_at_ = Clock::now() + kGrace;
    signal_all(SIGTERM);
  }

  void signal_all(int number) {
    for (const auto& [pid, token] : jobs_) ::kill(-pid, number);
  }

  const ServedProgram& program_;
  const pid_t self_;
  int signals_ = -1;
  std::map<pid_t, std::string> jobs_;  // pid -> token
  std::string heard_;                  // bytes of a line that is not complete
  bool stopping_ = false;
  Clock::time_point kill_at_;
};
}  // namespace

int serve_forks(const std::vector<std::string>& argv, const ServedProgram& program) {
  // Jobs would be invisible to whoever looks for a run's process by its command line.
  if (!set_process_title(argv)) {
    std::fprintf(stderr, "this kernel shows no command line of forked processes; not serving\n");
    return kInternalError;
  }
  return ForkServer(program).run();
}

}  // namespace lockstep
