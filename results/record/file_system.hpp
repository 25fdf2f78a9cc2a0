// The system calls of run directories: every return is checked, nothing follows a symbolic link
// where it writes, modes are 0640 and 0750 whatever the umask allows. Throws RecordError, for what
// was to be written WriteError, with path, errno text and remedy.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record/record_error.hpp"

namespace lockstep {

/// An open file; closes in the destructor.
class FileHandle {
 public:
  explicit FileHandle(int fd) : fd_(fd) {}
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  FileHandle(FileHandle&& other) noexcept : fd_(other.release()) {}
  ~FileHandle();

  int get() const { return fd_; }
  int release();
  /// Closes and checks: NFS reports write errors here.
  void close(const std::filesystem::path& path);

 private:
  int fd_;
};

ReadError errno_error(std::string_view what, const std::filesystem::path& path, int error,
                      std::string_view remedy);
/// The same for what was to be written; without a remedy, a full disk gets one.
WriteError write_error(std::string_view what, const std::filesystem::path& path, int error,
                       std::string_view remedy);

/// Opens a file or folder for reading, O_CLOEXEC and `flags`; -1 and errno where that fails. A
/// server that has forgotten its handle (ESTALE on a network file system) is asked once more.
int open_to_read(const std::filesystem::path& path, int flags);

/// Names in a folder, sorted; none where it does not exist. Throws ReadError where it cannot be
/// read to its end: a list that is too short must not pass for a folder with fewer files.
std::vector<std::string> names_in(const std::filesystem::path& folder);

/// O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode 0640. Throws if the file exists; errors name
/// `named`, if it is given.
FileHandle create_new_file(const std::filesystem::path& path,
                           const std::filesystem::path& named = {});

/// write(2) until all bytes are out or an error comes up, which is returned (0: none). `written`
/// says how far it got.
int write_some(int fd, std::string_view bytes, std::size_t& written);

/// fsync of a directory: names in it survive a power cut.
void sync_directory(const std::filesystem::path& path);

/// mkdir -p with mode 0750.
void make_directories(const std::filesystem::path& path);

/// A new file with these bytes beside `target`, synced, under a name that nobody else uses.
std::filesystem::path write_unique_file(const std::filesystem::path& target, std::string_view bytes,
                                        bool durable = true);

/// Puts a file with these bytes in the place of `target`, in one step. Where it is not
/// `durable`, it may be empty or cut off after a power cut, until its file system has been synced.
void replace_file(const std::filesystem::path& target, std::string_view bytes, bool durable);

/// syncfs(2): all that was written to the file system of `path` so far survives a power cut. One
/// call for thousands of small files.
void sync_file_system(const std::filesystem::path& path);

/// The whole file, without following a symbolic link. Throws.
std::string read_plain_file(const std::filesystem::path& path);
/// Whether these bytes of a file tell by themselves that nothing follows.
using IsWhole = bool (*)(std::string_view bytes);
/// The same; nothing where there is no such file. `is_whole` saves asking for the end of a small
/// one.
std::optional<std::string> read_plain_file_if_there(const std::filesystem::path& path,
                                                    IsWhole is_whole = nullptr);

/// A file as it was when it was read.
struct DatedFile {
  std::string bytes;
  double age_s = 0;  ///< since it was last written, by this machine's clock; 0 for the future
};
/// The same, with its age. Throws ReadError.
std::optional<DatedFile> read_dated_file_if_there(const std::filesystem::path& path);

/// Whether `text` may be a file name of ours: 1 to 255 of [A-Za-z0-9._-], not starting with a dot
/// or a hyphen.
bool is_plain_name(std::string_view text);
/// `text`, or RecordError naming `what`.
std::string_view plain_name(std::string_view text, std::string_view what);

}  // namespace lockstep
