// The last rank dies in the way that the argument names, while the others wait for it. Started by
// ends_in_time.cmake, which checks that the whole job ends, and how. "none": nobody dies, the job
// ends well.
#include <ATen/ATen.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "trainer/comm/metered.hpp"
#include "trainer/comm/mpi.hpp"

using namespace lockstep;

namespace {

void die(const std::string& how) {
  if (how == "exit") std::_Exit(3);
  if (how == "kill") std::raise(SIGKILL);
  if (how == "throw" || how == "report") throw std::runtime_error("thrown on purpose");
  while (how == "hang") std::this_thread::sleep_for(std::chrono::seconds(1));
}

// The trainer's watchdog in small: after two seconds without an end it says what is under way, and
// ends the job.
void watch(const MpiEnvironment& environment, const MeteredCommunicator& communicator) {
  std::this_thread::sleep_for(std::chrono::seconds(2));
  std::fprintf(stderr, "hang in %s\n", communicator.last_operation().c_str());
  environment.abort(71);
}

void run(MpiEnvironment& environment, const std::string& how) {
  MeteredCommunicator communicator(make_mpi_communicator(environment, environment.size()));
  const at::Tensor rows = at::ones({1, 1000});
  at::Tensor mean = at::ones({1000});
  communicator.mean(rows, mean, {}).wait();
  std::fprintf(stderr, "rank %d is alive\n", environment.rank());
  if (how == "hang" && environment.rank() == 0) {
    std::thread(watch, std::cref(environment), std::cref(communicator)).detach();
  }
  if (environment.rank() == environment.size() - 1) die(how);
  communicator.mean(rows, mean, {}).wait();
  std::fprintf(stderr, "rank %d has finished\n", environment.rank());
}

// The trainer's way: catch inside, say what it was, abort.
int run_and_report(const std::string& how) {
  MpiEnvironment environment;
  try {
    run(environment, how);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rank %d: %s\n", environment.rank(), error.what());
    environment.abort(70);
  }
  return 0;
}

// The careless way: the environment is left by the exception.
int run_and_leave(const std::string& how) {
  try {
    MpiEnvironment environment;
    run(environment, how);
  } catch (const std::exception&) {
    return 1;
  }
  return 0;
}

}  // namespace

int main(int, char** argv) {
  const std::string how = argv[1];
  return how == "throw" ? run_and_leave(how) : run_and_report(how);
}
