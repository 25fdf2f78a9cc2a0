#include "tests/mpi/mpi_test.hpp"
#include "tests/unit/trainer/worlds.hpp"

namespace lockstep::test {

namespace {
/// The first `processes` of the MPI world; the others have nothing to do.
NamedWorld first_of(int processes) {
  return {"MPI", processes,
          [processes](int workers, const std::function<void(Communicator&)>& body) {
            collectively([&] {
              MpiEnvironment& mpi = mpi_environment();
              const int total = workers * mpi.size() / processes;
              const auto all = make_mpi_communicator(mpi, total);
              const auto some = all->group({total, 0, workers});
              if (some) body(*some);
            });
          }};
}
}  // namespace

const std::vector<NamedWorld>& worlds() {
  static const std::vector<NamedWorld> all = {
      {"MPI", mpi_environment().size(),
       [](int workers, const std::function<void(Communicator&)>& body) {
         collectively([&] { body(*make_mpi_communicator(mpi_environment(), workers)); });
       }}};
  return all;
}

const std::vector<NamedWorld>& worlds_in_turn() {
  static const std::vector<NamedWorld> circle = [] {
    std::vector<NamedWorld> down_and_up;
    for (int p = mpi_environment().size(); p >= 1; p /= 2) down_and_up.push_back(first_of(p));
    for (std::size_t i = down_and_up.size(); i-- > 2;) down_and_up.push_back(down_and_up[i - 1]);
    return down_and_up;
  }();
  return circle;
}

}  // namespace lockstep::test
