// How `lockstep-train` is called: pure text, so that the dry run shows exactly what the local
// launcher does.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "orchestrator/launch/launcher.hpp"

namespace lockstep {

/// What all trainers of one command have in common.
struct TrainerSetup {
  std::filesystem::path program;  ///< lockstep-train
  std::filesystem::path data;     ///< --data; empty: not passed
  double checkpoint_every_s = 0;  ///< --checkpoint-every-s; 0: the trainer's own default
  bool as_root = false;           ///< Open MPI must be told that this is meant
};

/// `lockstep-train --run-dir ... --token ...`, behind mpirun where the job has several processes.
std::vector<std::string> trainer_argv(const TrainerSetup& setup, const Job& job);

/// `lockstep-train --serve`: starts jobs whose words it is told (trainer/engine/fork_server.hpp).
std::vector<std::string> server_argv(const TrainerSetup& setup);

/// One thread per process, so that no run takes another one's core; and root's allowance for Open
/// MPI.
std::map<std::string, std::string> trainer_environment(const TrainerSetup& setup);

/// `mpirun ... -n processes`, empty for one process.
std::vector<std::string> mpi_prefix(int processes);

/// What asks a job to checkpoint and end. Not SIGTERM for mpirun: that one kills its ranks within
/// seconds (Open MPI 4.1: SIGCONT, a pause, SIGTERM, a pause, SIGKILL), while it forwards SIGUSR2
/// to them and waits.
int stop_signal(int processes);

/// LOCKSTEP_TRAIN, else lockstep-train beside this program. It need not exist.
std::filesystem::path trainer_program();

}  // namespace lockstep
