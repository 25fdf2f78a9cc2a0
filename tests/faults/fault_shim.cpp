// A library for LD_PRELOAD that lets file operations of an unchanged program fail, or kills the
// program in them. What it does is said by the environment (tests/faults/shim.hpp writes it):
//
//   LOCKSTEP_FAULT          <operations>:<error>:<first>-<last>, for example
//   "write,fsync:ENOSPC:3-"
//                           The operations are counted together from 1, per process; without <last>
//                           all from the first on are hit. KILL instead of an error: SIGKILL.
//   LOCKSTEP_FAULT_UNDER    only paths that begin so
//   LOCKSTEP_FAULT_PROGRAM  only in programs of this name
//   LOCKSTEP_FAULT_FIRED    a file that is made when the first operation is hit
//   LOCKSTEP_FAULT_COUNT    a file that gets one byte for each operation that is counted
//   LOCKSTEP_FAULT_CLOCK    <seconds>@<after>: the wall clock is stepped so far, so long after the
//                           start
//   LOCKSTEP_FAULT_FREE     so many bytes are free on every file system, in programs of this name
//
// Operations: open (for writing), read (open for reading), write, fsync, close (of what was opened
// for writing), link, rename, rename2 (with flags), unlink, mkdir; any: all of them but read.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <string>

namespace {
struct ErrorName {
  const char* name;
  int number;
};
constexpr ErrorName kErrors[] = {{"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT},  {"EIO", EIO},
                                 {"EPERM", EPERM},   {"EROFS", EROFS},    {"EACCES", EACCES},
                                 {"ESTALE", ESTALE}, {"ENOTSUP", ENOTSUP}};

std::string environment(const char* name) {
  const char* value = ::getenv(name);
  return value ? value : "";
}

/// What the environment asks for; read once, at the first operation.
struct Plan {
  std::string operations, under;
  int error = 0;
  bool kills = false;
  long first = 0, last = 0;  ///< first 0: nothing is to fail

  Plan() {
    const std::string text = environment("LOCKSTEP_FAULT"),
                      name = environment("LOCKSTEP_FAULT_PROGRAM");
    const auto one = text.find(':'), two = text.rfind(':');
    if (one == text.npos || two == one) return;
    if (!name.empty() && name != program_invocation_short_name) return;
    operations = "," + text.substr(0, one) + ",";
    under = environment("LOCKSTEP_FAULT_UNDER");
    const std::string what = text.substr(one + 1, two - one - 1);
    kills = what == "KILL";
    for (const ErrorName& row : kErrors) {
      if (what == row.name) error = row.number;
    }
    const std::string range = text.substr(two + 1);
    first = ::atol(range.c_str());
    const auto dash = range.find('-');
    last = dash == range.npos         ? first
           : dash + 1 == range.size() ? __LONG_MAX__
                                      : ::atol(range.c_str() + dash + 1);
  }
  bool names(const char* operation) const {
    if (operations.find("," + std::string(operation) + ",") != operations.npos) return true;
    return operations == ",any," && ::strcmp(operation, "read") != 0;
  }
};

const Plan& plan() {
  static const Plan the_plan;
  return the_plan;
}

/// One byte more in the file that a variable names, by calls that are not counted.
void note(const char* variable) {
  const std::string path = environment(variable);
  if (path.empty()) return;
  const long fd =
      ::syscall(SYS_openat, AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0640);
  if (fd < 0) return;
  ::syscall(SYS_write, fd, ".", 1);
  ::syscall(SYS_close, fd);
}

/// Whether this operation is to fail; errno is set then. Does not return where it is to kill.
bool fails(const char* operation, const char* path) {
  static std::atomic<long> count{0};
  if (plan().first == 0 || !path || !plan().names(operation)) return false;
  if (::strncmp(path, plan().under.c_str(), plan().under.size()) != 0) return false;
  const long number = ++count;
  note("LOCKSTEP_FAULT_COUNT");
  if (number < plan().first || number > plan().last) return false;
  note("LOCKSTEP_FAULT_FIRED");
  if (plan().kills) ::syscall(SYS_kill, ::getpid(), SIGKILL);
  errno = plan().error;
  return true;
}

std::string path_of(int fd) {
  char link[64], path[4096];
  ::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const long length = ::syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path);
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : std::string();
}

bool fails(const char* operation, int fd) {
  if (plan().first == 0 || !plan().names(operation)) return false;
  return fails(operation, path_of(fd).c_str());
}

std::string path_at(int folder, const char* path) {
  if (folder == AT_FDCWD || (path && path[0] == '/')) return path ? path : "";
  return path_of(folder) + "/" + (path ? path : "");
}

bool writes(int flags) { return (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0; }
const char* open_operation(int flags) { return writes(flags) ? "open" : "read"; }

/// The function that this library stands in front of.
template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

mode_t mode_in(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(arguments, int)) : 0;
}

double monotonic_s() {
  timespec now{};
  ::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Seconds that the wall clock is off by now.
long clock_step_s() {
  static const double start_s = monotonic_s();
  static const std::string text = environment("LOCKSTEP_FAULT_CLOCK");
  const auto at = text.find('@');
  if (at == text.npos || monotonic_s() - start_s < ::atof(text.c_str() + at + 1)) return 0;
  return ::atol(text.c_str());
}
}  // namespace

// Names and signatures are those of the C library.
#define SHIM_OPEN(name)                                                \
  extern "C" int name(const char* path, int flags, ...) {              \
    va_list arguments;                                                 \
    va_start(arguments, flags);                                        \
    const mode_t mode = mode_in(flags, arguments);                     \
    va_end(arguments);                                                 \
    if (fails(open_operation(flags), path)) return -1;                 \
    return real<int(const char*, int, ...)>(#name)(path, flags, mode); \
  }
SHIM_OPEN(open)
SHIM_OPEN(open64)

#define SHIM_OPENAT(name)                                                           \
  extern "C" int name(int folder, const char* path, int flags, ...) {               \
    va_list arguments;                                                              \
    va_start(arguments, flags);                                                     \
    const mode_t mode = mode_in(flags, arguments);                                  \
    va_end(arguments);                                                              \
    if (fails(open_operation(flags), path_at(folder, path).c_str())) return -1;     \
    return real<int(int, const char*, int, ...)>(#name)(folder, path, flags, mode); \
  }
SHIM_OPENAT(openat)
SHIM_OPENAT(openat64)

extern "C" ssize_t write(int fd, const void* bytes, size_t count) {
  if (fails("write", fd)) return -1;
  return real<ssize_t(int, const void*, size_t)>("write")(fd, bytes, count);
}

#define SHIM_PWRITE(name, offset_type)                                                            \
  extern "C" ssize_t name(int fd, const void* bytes, size_t count, offset_type offset) {          \
    if (fails("write", fd)) return -1;                                                            \
    return real<ssize_t(int, const void*, size_t, offset_type)>(#name)(fd, bytes, count, offset); \
  }
SHIM_PWRITE(pwrite, off_t)
SHIM_PWRITE(pwrite64, off64_t)

#define SHIM_FD(name, operation)         \
  extern "C" int name(int fd) {          \
    if (fails(operation, fd)) return -1; \
    return real<int(int)>(#name)(fd);    \
  }
SHIM_FD(fsync, "fsync")
SHIM_FD(fdatasync, "fsync")
extern "C" int syncfs(int fd) noexcept {
  if (fails("fsync", fd)) return -1;
  return real<int(int)>("syncfs")(fd);
}

extern "C" int close(int fd) {
  const auto really_close = real<int(int)>("close");
  if (plan().first > 0 && plan().names("close") && writes(::fcntl(fd, F_GETFL)) &&
      fails("close", fd)) {
    const int error = errno;
    really_close(fd);  // as the kernel does: the descriptor is gone, whatever close says
    errno = error;
    return -1;
  }
  return really_close(fd);
}

#define SHIM_PATH(name, operation)                 \
  extern "C" int name(const char* path) noexcept { \
    if (fails(operation, path)) return -1;         \
    return real<int(const char*)>(#name)(path);    \
  }
SHIM_PATH(unlink, "unlink")
SHIM_PATH(remove, "unlink")

extern "C" int unlinkat(int folder, const char* path, int flags) noexcept {
  if (fails("unlink", path_at(folder, path).c_str())) return -1;
  return real<int(int, const char*, int)>("unlinkat")(folder, path, flags);
}

extern "C" int mkdir(const char* path, mode_t mode) noexcept {
  if (fails("mkdir", path)) return -1;
  return real<int(const char*, mode_t)>("mkdir")(path, mode);
}

#define SHIM_TWO(name, operation)                                  \
  extern "C" int name(const char* from, const char* to) noexcept { \
    if (fails(operation, to)) return -1;                           \
    return real<int(const char*, const char*)>(#name)(from, to);   \
  }
SHIM_TWO(link, "link")
SHIM_TWO(rename, "rename")

extern "C" int renameat2(int from_folder, const char* from, int to_folder, const char* to,
                         unsigned flags) noexcept {
  if (fails("rename2", path_at(to_folder, to).c_str())) return -1;
  return real<int(int, const char*, int, const char*, unsigned)>("renameat2")(from_folder, from,
                                                                              to_folder, to, flags);
}

#define SHIM_SPACE(name, type)                                                           \
  extern "C" int name(const char* path, type* space) noexcept {                          \
    const int result = real<int(const char*, type*)>(#name)(path, space);                \
    static const std::string free = environment("LOCKSTEP_FAULT_FREE"),                  \
                             program = environment("LOCKSTEP_FAULT_PROGRAM");            \
    const bool meant = !free.empty() && program == program_invocation_short_name;        \
    if (result == 0 && meant)                                                            \
      space->f_bavail = static_cast<fsblkcnt_t>(::atol(free.c_str())) / space->f_frsize; \
    return result;                                                                       \
  }
SHIM_SPACE(statvfs, struct statvfs)
SHIM_SPACE(statvfs64, struct statvfs64)

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const int result = static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += clock_step_s();
  return result;
}
extern "C" time_t time(time_t* result) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (result) *result = now.tv_sec;
  return now.tv_sec;
}
