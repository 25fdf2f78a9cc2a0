#include "orchestrator/launch/detached.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace lockstep {

namespace {
constexpr int kReadyFd = 3;  // in the copy: the first after its standard three

[[noreturn]] void fail(const std::string& what) {
  throw LaunchError(fmt::format("cannot start in the background: {}: {}", what, strerror(errno)));
}

/// In the copy: a session of its own, and no descriptor but stdin, stdout, stderr and the pipe.
void leave_terminal(int log_fd, int ready_fd) {
  ::setsid();
  ::signal(SIGHUP, SIG_IGN);
  const int nothing = ::open("/dev/null", O_RDONLY);
  // Out of the way of 0 to 3 before these are taken.
  const int log_copy = ::fcntl(log_fd, F_DUPFD, kReadyFd + 1);
  const int ready_copy = ::fcntl(ready_fd, F_DUPFD, kReadyFd + 1);
  ::dup2(nothing, 0);
  ::dup2(log_copy, 1);
  ::dup2(log_copy, 2);
  ::dup2(ready_copy, kReadyFd);
  ::fcntl(kReadyFd, F_SETFD, FD_CLOEXEC);
  ::close_range(kReadyFd + 1, UINT_MAX, 0);
}

/// True: a byte came. False: the other end was closed without one, or the time is up.
bool wait_for_byte(int fd, double deadline_s) {
  using namespace std::chrono;
  const auto deadline = steady_clock::now() + duration<double>(deadline_s);
  while (true) {
    const auto left = duration_cast<milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(left)) <= 0) continue;
    char byte = 0;
    const ssize_t got = ::read(fd, &byte, 1);
    if (got >= 0) return got == 1;
    if (errno != EINTR) return false;
  }
}
}  // namespace

DetachedStart start_detached(const std::filesystem::path& log, double deadline_s,
                             const std::function<int(const std::function<void()>&)>& work) {
  const int log_fd =
      ::open(log.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (log_fd < 0) fail("its log " + log.string());
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("no pipe");
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) fail("no new process");
  if (pid == 0) {
    leave_terminal(log_fd, ends[1]);
    const int code = work([] {
      const ssize_t told = ::write(kReadyFd, "r", 1);  // nobody may be left to hear it
      ::close(kReadyFd);
      static_cast<void>(told);
    });
    std::cout.flush();
    std::cerr.flush();
    ::_exit(code);
  }
  ::close(ends[1]);
  ::close(log_fd);
  DetachedStart start{.pid = pid, .ready = wait_for_byte(ends[0], deadline_s), .exit = {}};
  ::close(ends[0]);
  if (start.ready) return start;
  int status = 0;
  // The pipe is closed before the process is gone: a moment's patience.
  for (int i = 0; i < 100 && !start.exit; ++i) {
    if (::waitpid(pid, &status, WNOHANG) == pid) {
      start.exit = WIFSIGNALED(status) ? Exit{0, WTERMSIG(status)} : Exit{WEXITSTATUS(status), 0};
    } else {
      ::usleep(10'000);
    }
  }
  return start;
}

}  // namespace lockstep
