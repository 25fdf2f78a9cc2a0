#include "results/record/publish.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "results/record/file_system.hpp"

namespace lockstep {

namespace {
struct Identity {
  dev_t device;
  ino_t inode;
  nlink_t links;
};

std::optional<Identity> identity(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  return Identity{status.st_dev, status.st_ino, status.st_nlink};
}

bool same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto left = identity(a);
  const auto right = identity(b);
  return left && right && left->device == right->device && left->inode == right->inode;
}

bool means_no_links(int error) {
  return error == EPERM || error == EOPNOTSUPP || error == ENOTSUP || error == ENOSYS ||
         error == EXDEV || error == EMLINK;
}

/// A rename that replaces nothing: as atomic as a link where the file system knows it. Nothing
/// where it does not.
std::optional<bool> rename_exclusively(const std::filesystem::path& unique,
                                       const std::filesystem::path& target,
                                       std::string_view bytes) {
  const auto copy = write_unique_file(unique, bytes);
  const int result =
      ::renameat2(AT_FDCWD, copy.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE);
  const int error = result == 0 ? 0 : errno;
  if (error == 0) return true;
  ::unlink(copy.c_str());
  if (error == EEXIST) return false;
  return std::nullopt;
}

bool create_exclusively(const std::filesystem::path& unique, const std::filesystem::path& target) {
  const std::string bytes = read_plain_file(unique);
  if (const auto renamed = rename_exclusively(unique, target, bytes)) return *renamed;
  FileHandle file(
      ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640));
  if (file.get() < 0 && errno == EEXIST) return false;
  if (file.get() < 0) throw write_error("cannot create", target, errno, "");
  std::size_t written = 0;
  if (const int error = write_some(file.get(), bytes, written))
    throw write_error("cannot write", target, error, "");
  if (::fsync(file.get()) != 0) throw write_error("cannot sync", target, errno, "");
  file.close(target);
  return true;
}
}  // namespace

bool link_exclusively(const std::filesystem::path& unique, const std::filesystem::path& target,
                      LinkFunction link_function) {
  const auto before = identity(unique);
  const int result = (link_function ? link_function : &::link)(unique.c_str(), target.c_str());
  const int error = result == 0 ? 0 : errno;
  const auto after = identity(unique);
  const bool linked =
      before && after && after->links == before->links + 1 && same_file(unique, target);
  bool won = result == 0 || linked;
  if (!won && means_no_links(error)) won = create_exclusively(unique, target);
  if (!won && error != EEXIST && !means_no_links(error))
    throw write_error("cannot link", target, error, "");
  if (won) sync_directory(target.parent_path());
  return won;
}

}  // namespace lockstep
