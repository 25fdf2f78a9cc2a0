#include "tests/mpi/mpi_test.hpp"
#include "tests/unit/trainer/worlds.hpp"

namespace lockstep::test {

const std::vector<NamedWorld>& worlds() {
  static const std::vector<NamedWorld> all = {
      {"MPI", [](int workers, const std::function<void(Communicator&)>& body) {
         collectively([&] { body(*make_mpi_communicator(mpi_environment(), workers)); });
       }}};
  return all;
}

}  // namespace lockstep::test
