// Memory that processes of one host have in common. No MPI here: who makes it, and who hears its
// name, is the caller's business. For the .cpp files of this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lockstep {

/// A segment of bytes for each of several processes, mapped at one piece, zeroed. An anonymous file
/// in memory: it needs no room in /dev/shm and is gone with the last process that maps it, however
/// that ends. (MPI_Win_allocate_shared would do the same; but with Open MPI 4.1, where the memory
/// is not to be had, one process gets an error and the others wait for ever.)
class SharedMemory {
 public:
  /// `bytes` has the size of each segment. Throws CommError with the reason, here and below.
  static SharedMemory create(std::vector<std::int64_t> bytes);
  /// The same memory in another process, by the maker's name(), while the maker still names it.
  static SharedMemory open(const std::string& name, std::vector<std::int64_t> bytes);

  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&&) = delete;
  ~SharedMemory();

  std::string name() const;
  /// Takes the pages of one segment now, on the memory node of the caller: an error here, where it
  /// can be told, and no SIGBUS at the first touch.
  void reserve(int process) const;
  /// When all have opened it: the name is valid no longer.
  void forget_name();

  std::byte* segment(int process) const { return data_ + starts_[index(process)]; }
  /// Where `bytes` at `data` lie as an offset into the segment; -1 where they are not inside.
  std::int64_t offset_in(int process, const std::byte* data, std::int64_t bytes) const;

 private:
  SharedMemory(int fd, std::vector<std::int64_t> bytes);
  void map();
  static std::size_t index(int process) { return static_cast<std::size_t>(process); }

  int fd_ = -1;
  std::byte* data_ = nullptr;
  std::vector<std::int64_t> bytes_;   // of each segment, whole pages
  std::vector<std::int64_t> starts_;  // of each segment, and the end of the last
};

}  // namespace lockstep
