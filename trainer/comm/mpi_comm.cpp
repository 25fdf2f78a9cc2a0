#include "trainer/comm/mpi_comm.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <utility>

#include "trainer/comm/communicator.hpp"
#include "trainer/comm/mpi_check.hpp"

namespace lockstep {

namespace {
/// Text of bounded length, as it travels between processes. Empty: all is well.
using Text = std::array<char, 256>;

Text text_of(const std::string& words) {
  Text text{};
  std::copy_n(words.begin(), std::min(words.size(), text.size() - 1), text.begin());
  return text;
}

/// Runs `step` and tells all processes whether it worked for all: the words of the first that
/// failed, else nothing. Collective.
template <class Step>
std::string together(const MpiComm& comm, int me, int processes, Step step) {
  Text mine{};
  try {
    step();
  } catch (const CommError& error) {
    mine = text_of(error.what());
  }
  int failed = mine[0] ? me : processes, first = processes;
  check_mpi(MPI_Allreduce(&failed, &first, 1, MPI_INT, MPI_MIN, comm.get()), "MPI_Allreduce");
  if (first == processes) return "";
  check_mpi(MPI_Bcast(mine.data(), static_cast<int>(mine.size()), MPI_CHAR, first, comm.get()),
            "MPI_Bcast");
  return mine.data();
}
}  // namespace

MpiComm::MpiComm(MPI_Comm comm) : comm_(comm) {
  check_mpi(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
}

MpiComm::MpiComm(MpiComm&& other) noexcept : comm_(std::exchange(other.comm_, MPI_COMM_NULL)) {}

MpiComm::~MpiComm() {
  int finalized = 0;
  if (comm_ == MPI_COMM_NULL || std::uncaught_exceptions() > 0) return;
  if (MPI_Finalized(&finalized) == MPI_SUCCESS && !finalized) MPI_Comm_free(&comm_);
}

MpiComm duplicate(MPI_Comm comm) {
  MPI_Comm copy = MPI_COMM_NULL;
  check_mpi(MPI_Comm_dup(comm, &copy), "MPI_Comm_dup");
  return MpiComm(copy);
}

MpiComm subset(MPI_Comm parent, const std::vector<int>& members) {
  MPI_Group all = MPI_GROUP_NULL, some = MPI_GROUP_NULL;
  MPI_Comm comm = MPI_COMM_NULL;
  check_mpi(MPI_Comm_group(parent, &all), "MPI_Comm_group");
  check_mpi(MPI_Group_incl(all, static_cast<int>(members.size()), members.data(), &some),
            "MPI_Group_incl");
  check_mpi(MPI_Comm_create_group(parent, some, members.front(), &comm), "MPI_Comm_create_group");
  check_mpi(MPI_Group_free(&some), "MPI_Group_free");
  check_mpi(MPI_Group_free(&all), "MPI_Group_free");
  return MpiComm(comm);
}

bool on_one_host(const MpiComm& comm) {
  MPI_Comm neighbours = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split_type(comm.get(), MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &neighbours),
            "MPI_Comm_split_type");
  const MpiComm host(neighbours);
  int here = 0, all = 0;
  check_mpi(MPI_Comm_size(host.get(), &here), "MPI_Comm_size");
  check_mpi(MPI_Comm_size(comm.get(), &all), "MPI_Comm_size");
  return here == all;
}

Shared share_memory(const MpiComm& comm, std::int64_t bytes) {
  int me = 0, processes = 1;
  check_mpi(MPI_Comm_rank(comm.get(), &me), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(comm.get(), &processes), "MPI_Comm_size");
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(processes));
  check_mpi(MPI_Allgather(&bytes, 1, MPI_INT64_T, sizes.data(), 1, MPI_INT64_T, comm.get()),
            "MPI_Allgather");
  Shared shared;
  Text name{};
  const auto make = [&] {
    if (me != 0) return;
    shared.memory = std::make_shared<SharedMemory>(SharedMemory::create(sizes));
    name = text_of(shared.memory->name());
  };
  const auto open = [&] {
    if (me != 0)
      shared.memory = std::make_shared<SharedMemory>(SharedMemory::open(name.data(), sizes));
    shared.memory->reserve(me);
  };
  shared.why_not = together(comm, me, processes, make);
  if (shared.why_not.empty()) {
    check_mpi(MPI_Bcast(name.data(), static_cast<int>(name.size()), MPI_CHAR, 0, comm.get()),
              "MPI_Bcast");
    shared.why_not = together(comm, me, processes, open);
  }
  if (!shared.why_not.empty()) {
    shared.memory.reset();
  } else {
    shared.memory->forget_name();
  }
  return shared;
}

}  // namespace lockstep
