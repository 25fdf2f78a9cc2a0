#include "orchestrator/launch/process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <thread>
#include <utility>

namespace lockstep {

namespace {
namespace bp = boost::process;

/// Wakes up when a child ends.
class EndNotice {
 public:
  explicit EndNotice(pid_t pid) : fd_(open(pid)) {}
  EndNotice(const EndNotice&) = delete;
  EndNotice& operator=(const EndNotice&) = delete;
  ~EndNotice() {
    if (fd_ >= 0) ::close(fd_);
  }

  /// False, at once, where it has ended, or the kernel (before Linux 5.3) cannot tell.
  bool sleep(std::chrono::milliseconds longest) const {
    if (fd_ < 0) return false;
    pollfd end{fd_, POLLIN, 0};
    const auto most = std::clamp<std::int64_t>(longest.count(), 0, INT_MAX);
    const int ready = ::poll(&end, 1, static_cast<int>(most));
    return ready == 0 || (ready < 0 && errno == EINTR);
  }

 private:
  static int open([[maybe_unused]] pid_t pid) {
#ifdef SYS_pidfd_open
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
#else
    return -1;
#endif
  }
  int fd_;
};

/// Runs in the child between fork and exec: only calls that are safe there.
struct ChildSetup {
  pid_t parent;
  int in, out, err;
  int death_signal;

  void operator()() const {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, death_signal);
    if (::getppid() != parent) ::_exit(127);  // the parent died before prctl
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGUSR2}) ::signal(number, SIG_DFL);
    if (in >= 0) ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(err, 2);
  }
};

bool executable(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}
}  // namespace

Exit exit_from(int status) {
  if (WIFSIGNALED(status)) return {0, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

std::optional<std::filesystem::path> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (executable(name)) return std::filesystem::path(name);
    return std::nullopt;
  }
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "/usr/bin:/bin";
  while (!rest.empty() && !name.empty()) {
    const auto colon = rest.find(':');
    const auto candidate = std::filesystem::path(rest.substr(0, colon)) / name;
    if (executable(candidate)) return candidate;
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  }
  return std::nullopt;
}

Process Process::start(const ProcessStart& what) {
  if (what.argv.empty()) throw LaunchError("cannot start a program without a name");
  const auto program = find_program(what.argv.front());
  if (!program) {
    throw LaunchError(fmt::format(
        "cannot find the program '{}'; install it or put its folder into PATH", what.argv.front()));
  }
  bp::environment environment = boost::this_process::environment();
  // Not operator[]: in Boost 1.74 it reads beyond the end of shorter variables.
  for (const auto& [name, value] : what.environment) environment.set(name, value);
  const ChildSetup setup{::getpid(), what.stdin_fd, what.stdout_fd, what.stderr_fd,
                         what.death_signal};
  const std::string directory = what.directory.empty() ? "." : what.directory.string();
  std::error_code error;
  bp::child child(bp::exe = program->string(),
                  bp::args = std::vector<std::string>(what.argv.begin() + 1, what.argv.end()),
                  environment, bp::start_dir = directory, bp::std_in < bp::null, error,
                  bp::extend::on_exec_setup([&setup](auto&) { setup(); }));
  if (error) {
    throw LaunchError(fmt::format("cannot start '{}': {}", program->string(), error.message()));
  }
  Process process(child.id());
  child.detach();  // reaped by poll(), which keeps the wait status
  return process;
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_(other.exit_) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(exit_, other.exit_);
  return *this;
}

Process::~Process() {
  if (pid_ <= 0 || exit_) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // where the child has not yet made its group
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<Exit> Process::poll() {
  if (exit_ || pid_ <= 0) return exit_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) exit_ = exit_from(status);
  return exit_;
}

std::optional<Exit> Process::wait(double deadline_s) {
  using namespace std::chrono;
  const auto deadline = steady_clock::now() + duration<double>(deadline_s);
  const EndNotice notice(pid_);
  auto nap = microseconds(200);
  while (!poll() && steady_clock::now() < deadline) {
    const auto left = ceil<milliseconds>(deadline - steady_clock::now());
    if (notice.sleep(left) || poll()) continue;
    std::this_thread::sleep_for(nap);
    nap = std::min(nap * 2, microseconds(10'000));
  }
  return exit_;
}

void Process::signal(int number) {
  if (pid_ <= 0 || poll()) return;
  if (::kill(-pid_, number) != 0) ::kill(pid_, number);
}

}  // namespace lockstep
