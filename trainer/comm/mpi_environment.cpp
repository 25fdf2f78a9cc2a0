#include <fmt/format.h>
#include <mpi.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "trainer/comm/mpi.hpp"
#include "trainer/comm/mpi_check.hpp"

namespace lockstep {

namespace {

constexpr int kInternalError = 70;  // exit code of an exception that nobody caught

void refuse_second_life() {
  int initialised = 0;
  check_mpi(MPI_Initialized(&initialised), "MPI_Initialized");
  if (initialised)
    throw CommError("MPI was initialised before in this process; keep one MpiEnvironment");
}

std::string processor_name() {
  std::array<char, MPI_MAX_PROCESSOR_NAME + 1> name{};
  int length = 0;
  check_mpi(MPI_Get_processor_name(name.data(), &length), "MPI_Get_processor_name");
  return {name.data(), static_cast<std::size_t>(length)};
}

}  // namespace

void check_mpi(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING + 1> text{};
  int length = 0, rank = -1;
  MPI_Error_string(code, text.data(), &length);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  throw CommError(fmt::format("{} failed on rank {}: {}; look for the process that ended first",
                              call, rank,
                              std::string_view(text.data(), static_cast<std::size_t>(length))));
}

MpiEnvironment::MpiEnvironment() : exceptions_(std::uncaught_exceptions()) {
  refuse_second_life();
  int provided = MPI_THREAD_SINGLE;
  check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided), "MPI_Init_thread");
  check_mpi(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  if (provided < MPI_THREAD_FUNNELED) throw CommError("this MPI does not support threads at all");
  check_mpi(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(MPI_COMM_WORLD, &size_), "MPI_Comm_size");
  host_ = processor_name();

  MPI_Comm same_host = MPI_COMM_NULL;
  check_mpi(
      MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &same_host),
      "MPI_Comm_split_type");
  check_mpi(MPI_Comm_rank(same_host, &rank_on_host_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(same_host, &ranks_on_host_), "MPI_Comm_size");
  check_mpi(MPI_Comm_free(&same_host), "MPI_Comm_free");
}

MpiEnvironment::MpiEnvironment(MpiEnvironment&& other) noexcept
    : owner_(std::exchange(other.owner_, false)),
      exceptions_(other.exceptions_),
      rank_(other.rank_),
      size_(other.size_),
      ranks_on_host_(other.ranks_on_host_),
      rank_on_host_(other.rank_on_host_),
      host_(std::move(other.host_)) {}

MpiEnvironment::~MpiEnvironment() {
  if (!owner_) return;
  if (std::uncaught_exceptions() > exceptions_ && size_ > 1) {
    std::fprintf(stderr, "rank %d on %s: an exception ends this process; ending the others\n",
                 rank_, host_.c_str());
    abort(kInternalError);
  }
  MPI_Finalize();
}

void MpiEnvironment::abort(int code) const noexcept {
  MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);  // should MPI_Abort return
}

}  // namespace lockstep
