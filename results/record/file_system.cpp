#include "results/record/file_system.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <random>
#include <utility>

#include "results/record/run_directory.hpp"

namespace lockstep {

namespace {
constexpr mode_t kFileMode = 0640;
constexpr mode_t kDirectoryMode = 0750;

/// Nothing where there is no such file.
std::optional<std::string> read_if_there(const std::filesystem::path& path, int flags) {
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (file.get() < 0 && errno == ENOENT) return std::nullopt;
  if (file.get() < 0)
    throw errno_error("cannot open", path, errno, "check that it exists and may be read");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw errno_error("cannot look at", path, errno, "");
  std::string bytes(static_cast<std::size_t>(status.st_size > 0 ? status.st_size : 0) + 1, '\0');
  std::size_t filled = 0;
  for (;;) {
    if (filled == bytes.size()) bytes.resize(bytes.size() * 2);
    const ssize_t got = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw errno_error("cannot read", path, errno, "");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

std::string read_all(const std::filesystem::path& path, int flags) {
  if (auto bytes = read_if_there(path, flags)) return *std::move(bytes);
  throw errno_error("cannot open", path, ENOENT, "check that it exists and may be read");
}

/// Different in every process and call; collisions are caught by O_EXCL.
std::string unique_suffix() {
  static std::atomic<unsigned> counter{0};
  std::random_device random;
  return fmt::format("{}-{}-{:08x}", ::getpid(), counter++, random());
}
}  // namespace

FileHandle::~FileHandle() {
  if (fd_ >= 0) ::close(fd_);
}

int FileHandle::release() { return std::exchange(fd_, -1); }

void FileHandle::close(const std::filesystem::path& path) {
  if (::close(release()) != 0)
    throw write_error("cannot close", path, errno, "its bytes may be lost");
}

namespace {
std::string errno_text(std::string_view what, const std::filesystem::path& path, int error,
                       std::string_view remedy) {
  return fmt::format("{} {}: {}{}{}", what, path.string(), std::strerror(error),
                     remedy.empty() ? "" : "; ", remedy);
}
}  // namespace

ReadError errno_error(std::string_view what, const std::filesystem::path& path, int error,
                      std::string_view remedy) {
  return ReadError(errno_text(what, path, error, remedy));
}

WriteError write_error(std::string_view what, const std::filesystem::path& path, int error,
                       std::string_view remedy) {
  return WriteError(errno_text(what, path, error, remedy));
}

FileHandle create_new_file(const std::filesystem::path& path) {
  FileHandle file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (file.get() < 0) {
    throw write_error("cannot create", path, errno,
                      errno == EEXIST ? "every file has one writer: start a new attempt" : "");
  }
  return file;
}

int write_some(int fd, std::string_view bytes, std::size_t& written) {
  written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    written += static_cast<std::size_t>(count);
  }
  return 0;
}

void sync_directory(const std::filesystem::path& path) {
  const std::filesystem::path directory = path.empty() ? "." : path;
  FileHandle handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle.get() < 0) throw write_error("cannot open", directory, errno, "");
  // Some remote file systems cannot sync directories and say so; their names are durable by other
  // means.
  if (::fsync(handle.get()) != 0 && errno != EINVAL && errno != ENOTSUP) {
    throw write_error("cannot sync", directory, errno, "");
  }
}

void make_directories(const std::filesystem::path& path) {
  if (path.empty() || std::filesystem::is_directory(path)) return;
  make_directories(path.parent_path());
  if (::mkdir(path.c_str(), kDirectoryMode) != 0 &&
      !(errno == EEXIST && std::filesystem::is_directory(path))) {
    throw write_error("cannot make directory", path, errno, "");
  }
}

std::filesystem::path write_unique_file(const std::filesystem::path& target, std::string_view bytes,
                                        bool durable) {
  const auto path =
      target.parent_path() / fmt::format(".{}.tmp-{}", target.filename().string(), unique_suffix());
  FileHandle file = create_new_file(path);
  try {
    std::size_t written = 0;
    if (const int error = write_some(file.get(), bytes, written))
      throw write_error("cannot write", path, error, "");
    if (durable && ::fsync(file.get()) != 0) throw write_error("cannot sync", path, errno, "");
    file.close(path);
  } catch (...) {
    ::unlink(path.c_str());
    throw;
  }
  return path;
}

void sync_file_system(const std::filesystem::path& path) {
  const FileHandle handle(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (handle.get() < 0) throw write_error("cannot open", path, errno, "");
  if (::syncfs(handle.get()) != 0) throw write_error("cannot sync", path, errno, "");
}

void replace_file(const std::filesystem::path& path, std::string_view bytes, bool durable) {
  const auto temporary = write_unique_file(path, bytes, durable);
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    throw write_error("cannot publish", path, error, "");
  }
  if (durable) sync_directory(path.parent_path());
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  replace_file(path, bytes, true);
}

std::string read_file(const std::filesystem::path& path) { return read_all(path, 0); }
std::string read_plain_file(const std::filesystem::path& path) {
  return read_all(path, O_NOFOLLOW);
}

std::optional<std::string> read_plain_file_if_there(const std::filesystem::path& path) {
  return read_if_there(path, O_NOFOLLOW);
}

bool is_plain_name(std::string_view text) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !text.empty() && text.size() <= 255 && text.front() != '.' && text.front() != '-' &&
         text.find_first_not_of(kAllowed) == text.npos;
}

std::string_view plain_name(std::string_view text, std::string_view what) {
  if (is_plain_name(text)) return text;
  throw RecordError(
      fmt::format("{} cannot be a file name; use letters, digits, '.', '_' and '-'", what));
}

}  // namespace lockstep
