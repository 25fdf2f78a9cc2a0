#include "results/record/file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <random>
#include <utility>

#include "results/record/run_directory.hpp"

namespace lockstep {

namespace {
constexpr mode_t kFileMode = 0640;
constexpr mode_t kDirectoryMode = 0750;
constexpr std::size_t kSmallFile = 4096;

/// Reads what is open as `fd`; errno, 0 for none.
int read_open_file(int fd, std::string& bytes, struct stat& status) {
  if (::fstat(fd, &status) != 0) return errno;
  const auto size = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
  bytes.assign(size + 1, '\0');
  std::size_t filled = 0;
  do {  // until a read falls short after all that was there; /proc says 0 and gives pieces
    if (filled == bytes.size()) bytes.resize(bytes.size() * 2);
    const ssize_t got = ::read(fd, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  } while (size == 0 || filled < size || filled == bytes.size());
  bytes.resize(filled);
  return 0;
}

/// False where the first bytes are not all there is.
bool read_small_file(int fd, IsWhole is_whole, std::string& bytes) {
  std::array<char, kSmallFile> first;
  const ssize_t got = ::pread(fd, first.data(), first.size(), 0);
  if (got <= 0 || !is_whole({first.data(), static_cast<std::size_t>(got)})) return false;
  bytes.assign(first.data(), static_cast<std::size_t>(got));
  return true;
}

/// Nothing where there is no such file.
std::optional<std::string> read_if_there(const std::filesystem::path& path, int flags,
                                         struct stat& status, IsWhole is_whole = nullptr) {
  for (bool again = false;; again = true) {
    const FileHandle file(open_to_read(path, flags));
    if (file.get() < 0 && errno == ENOENT) return std::nullopt;
    if (file.get() < 0)
      throw errno_error("cannot open", path, errno, "check that it exists and may be read");
    std::string bytes;
    if (is_whole && read_small_file(file.get(), is_whole, bytes)) return bytes;
    const int error = read_open_file(file.get(), bytes, status);
    if (error == 0) return bytes;
    if (error != ESTALE || again) throw errno_error("cannot read", path, error, "");
  }
}

std::string read_all(const std::filesystem::path& path, int flags) {
  struct stat status {};
  if (auto bytes = read_if_there(path, flags, status)) return *std::move(bytes);
  throw errno_error("cannot open", path, ENOENT, "check that it exists and may be read");
}

/// Appends the names in a folder; errno, 0 for none. A third of the time of a directory_iterator,
/// which makes a path of each.
int list(const std::filesystem::path& folder, std::vector<std::string>& names) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), &::closedir);
  if (!open) return errno;
  for (errno = 0; const dirent* const entry = ::readdir(open.get()); errno = 0) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return errno;
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
  if (remedy.empty() && (error == ENOSPC || error == EDQUOT))
    remedy = "free some space (`lockstep gc` shows what may go), then give the same command again";
  return WriteError(errno_text(what, path, error, remedy));
}

int open_to_read(const std::filesystem::path& path, int flags) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd >= 0 || errno != ESTALE) return fd;
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  for (bool again = false;; again = true) {
    std::vector<std::string> names;
    const int error = list(folder, names);
    if (error == ENOENT) return {};
    if (error == 0) {
      std::sort(names.begin(), names.end());
      return names;
    }
    if (error != ESTALE || again) throw errno_error("cannot list", folder, error, "");
  }
}

FileHandle create_new_file(const std::filesystem::path& path, const std::filesystem::path& named) {
  FileHandle file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (file.get() < 0) {
    throw write_error("cannot create", named.empty() ? path : named, errno,
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
  const FileHandle handle(open_to_read(directory, O_DIRECTORY));
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
  FileHandle file = create_new_file(path, target);
  try {
    std::size_t written = 0;
    if (const int error = write_some(file.get(), bytes, written))
      throw write_error("cannot write", target, error, "");
    if (durable && ::fsync(file.get()) != 0) throw write_error("cannot sync", target, errno, "");
    file.close(target);
  } catch (...) {
    ::unlink(path.c_str());
    throw;
  }
  return path;
}

void sync_file_system(const std::filesystem::path& path) {
  const FileHandle handle(open_to_read(path, 0));
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

std::optional<std::string> read_plain_file_if_there(const std::filesystem::path& path,
                                                    IsWhole is_whole) {
  struct stat status {};
  return read_if_there(path, O_NOFOLLOW, status, is_whole);
}

std::optional<DatedFile> read_dated_file_if_there(const std::filesystem::path& path) {
  struct stat status {};
  auto bytes = read_if_there(path, O_NOFOLLOW, status);
  if (!bytes) return {};
  const double written = static_cast<double>(status.st_mtim.tv_sec) +
                         1e-9 * static_cast<double>(status.st_mtim.tv_nsec);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return DatedFile{*std::move(bytes), std::max(0.0, now - written)};
}

bool is_plain_name(std::string_view text) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= 255 && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), is_allowed);
}

std::string_view plain_name(std::string_view text, std::string_view what) {
  if (is_plain_name(text)) return text;
  throw RecordError(
      fmt::format("{} cannot be a file name; use letters, digits, '.', '_' and '-'", what));
}

}  // namespace lockstep
