#include "orchestrator/launch/command_runner.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "orchestrator/launch/process.hpp"

namespace lockstep {

namespace {
/// A file without a name, for one stream of a command.
class AnonymousFile {
 public:
  explicit AnonymousFile(const char* name) : fd_(::memfd_create(name, MFD_CLOEXEC)) {
    if (fd_ < 0)
      throw LaunchError(fmt::format("cannot make a temporary file: {}", std::strerror(errno)));
  }
  AnonymousFile(const AnonymousFile&) = delete;
  AnonymousFile& operator=(const AnonymousFile&) = delete;
  ~AnonymousFile() { ::close(fd_); }

  int fd() const { return fd_; }

  void fill(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0)
        throw LaunchError(fmt::format("cannot pass input on: {}", std::strerror(errno)));
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    ::lseek(fd_, 0, SEEK_SET);
  }

  std::string text() const {
    std::string all;
    char buffer[65536];
    off_t at = 0;
    for (ssize_t got; (got = ::pread(fd_, buffer, sizeof buffer, at)) > 0; at += got) {
      all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  int fd_;
};
}  // namespace

CommandResult ProcessRunner::run(const Command& command) {
  AnonymousFile in("stdin"), out("stdout"), err("stderr");
  in.fill(command.input);
  Process process = Process::start({.argv = command.argv,
                                    .environment = command.environment,
                                    .directory = command.directory,
                                    .stdin_fd = in.fd(),
                                    .stdout_fd = out.fd(),
                                    .stderr_fd = err.fd()});
  CommandResult result;
  auto exit = process.wait(command.deadline_s);
  if (!exit) {
    result.timed_out = true;
    process.signal(SIGKILL);
    exit = process.wait(10);
  }
  result.rc = exit ? exit->shell_code() : 128 + SIGKILL;
  result.out = out.text();
  result.err = err.text();
  return result;
}

}  // namespace lockstep
