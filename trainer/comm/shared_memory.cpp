#include "trainer/comm/shared_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "trainer/comm/communicator.hpp"

namespace lockstep {

namespace {
[[noreturn]] void fail(const char* what, int error) {
  throw CommError(fmt::format("{}: {}", what, std::strerror(error)));
}

std::int64_t whole_pages(std::int64_t bytes) {
  const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  return (bytes + page - 1) / page * page;
}
}  // namespace

SharedMemory::SharedMemory(int fd, std::vector<std::int64_t> bytes)
    : fd_(fd), bytes_(std::move(bytes)), starts_{0} {
  for (std::int64_t& size : bytes_) {
    size = whole_pages(size);
    starts_.push_back(starts_.back() + size);
  }
}

SharedMemory SharedMemory::create(std::vector<std::int64_t> bytes) {
  SharedMemory memory(::memfd_create("lockstep-rows", MFD_CLOEXEC), std::move(bytes));
  if (memory.fd_ < 0) fail("memfd_create", errno);
  if (::ftruncate(memory.fd_, memory.starts_.back()) != 0) fail("ftruncate", errno);
  memory.map();
  return memory;
}

SharedMemory SharedMemory::open(const std::string& name, std::vector<std::int64_t> bytes) {
  SharedMemory memory(::open(name.c_str(), O_RDWR | O_CLOEXEC), std::move(bytes));
  if (memory.fd_ < 0) fail(name.c_str(), errno);
  memory.map();
  return memory;
}

void SharedMemory::map() {
  void* const data = ::mmap(nullptr, static_cast<std::size_t>(starts_.back()),
                            PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (data == MAP_FAILED) fail("mmap", errno);
  data_ = static_cast<std::byte*>(data);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      data_(std::exchange(other.data_, nullptr)),
      bytes_(std::move(other.bytes_)),
      starts_(std::move(other.starts_)) {}

SharedMemory::~SharedMemory() {
  if (data_) ::munmap(data_, static_cast<std::size_t>(starts_.back()));
  forget_name();
}

std::string SharedMemory::name() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), fd_); }

void SharedMemory::reserve(int process) const {
  const std::size_t i = index(process);
  if (bytes_[i] == 0) return;
  int error = 0;
  do {
    error = ::fallocate(fd_, 0, starts_[i], bytes_[i]) == 0 ? 0 : errno;
  } while (error == EINTR);
  if (error != 0) fail("fallocate", error);
}

void SharedMemory::forget_name() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::int64_t SharedMemory::offset_in(int process, const std::byte* data, std::int64_t bytes) const {
  const std::byte* const begin = segment(process);
  const bool inside = data >= begin && data + bytes <= begin + bytes_[index(process)];
  return inside ? data - begin : -1;
}

}  // namespace lockstep
