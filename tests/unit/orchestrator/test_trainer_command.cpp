#include <signal.h>

#include <catch2/catch.hpp>

#include "orchestrator/launch/trainer_command.hpp"

using namespace lockstep;

TEST_CASE("one process is started directly") {
  const Job job{.token = "tok", .run_directory = "/w/runs/abc"};
  CHECK(trainer_argv({"/bin/lockstep-train", {}, 0, false}, job) ==
        std::vector<std::string>{"/bin/lockstep-train", "--run-dir", "/w/runs/abc", "--token",
                                 "tok"});
}

TEST_CASE("several processes go through mpirun") {
  const Job job{
      .token = "tok", .run_directory = "/w/runs/abc", .log = "", .processes = 4, .exclusive = true};
  CHECK(trainer_argv({"/bin/lockstep-train", "/data", 0.5, true}, job) ==
        std::vector<std::string>{"mpirun", "--bind-to", "none", "--oversubscribe", "-n", "4",
                                 "/bin/lockstep-train", "--run-dir", "/w/runs/abc", "--token",
                                 "tok", "--checkpoint-every-s", "0.5", "--data", "/data",
                                 "--exclusive"});
}

TEST_CASE("mpirun forwards SIGUSR2 at once, so that asks several processes to stop") {
  CHECK(stop_signal(1) == SIGTERM);
  CHECK(stop_signal(2) == SIGUSR2);
}

TEST_CASE("each process has one thread, and only root tells Open MPI that it is root") {
  const auto user = trainer_environment({"/t", {}, 0, false});
  CHECK(user == std::map<std::string, std::string>{{"OMP_NUM_THREADS", "1"},
                                                   {"OPENBLAS_NUM_THREADS", "1"}});
  const auto root = trainer_environment({"/t", {}, 0, true});
  CHECK(root.at("OMPI_ALLOW_RUN_AS_ROOT") == "1");
  CHECK(root.at("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM") == "1");
}
