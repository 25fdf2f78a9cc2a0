#include "orchestrator/launch/trainer_command.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <cstdlib>

namespace lockstep {

std::vector<std::string> mpi_prefix(int processes) {
  if (processes <= 1) return {};
  return {"mpirun", "--bind-to", "none", "--oversubscribe", "-n", std::to_string(processes)};
}

int stop_signal(int processes) { return processes > 1 ? SIGUSR2 : SIGTERM; }

std::vector<std::string> trainer_argv(const TrainerSetup& setup, const Job& job) {
  std::vector<std::string> argv = mpi_prefix(job.processes);
  argv.insert(argv.end(), {setup.program.string(), "--run-dir", job.run_directory.string(),
                           "--token", job.token});
  if (setup.checkpoint_every_s > 0) {
    argv.insert(argv.end(), {"--checkpoint-every-s", fmt::format("{}", setup.checkpoint_every_s)});
  }
  if (!setup.data.empty()) argv.insert(argv.end(), {"--data", setup.data.string()});
  if (job.exclusive) argv.push_back("--exclusive");
  return argv;
}

std::vector<std::string> server_argv(const TrainerSetup& setup) {
  return {setup.program.string(), "--serve"};
}

std::map<std::string, std::string> trainer_environment(const TrainerSetup& setup) {
  std::map<std::string, std::string> environment{{"OMP_NUM_THREADS", "1"},
                                                 {"OPENBLAS_NUM_THREADS", "1"}};
  if (setup.as_root) {
    environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
    environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
  }
  return environment;
}

std::filesystem::path trainer_program() {
  if (const char* given = std::getenv("LOCKSTEP_TRAIN"); given && *given)
    return std::filesystem::absolute(given);
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (error ? std::filesystem::current_path() : self.parent_path()) / "lockstep-train";
}

}  // namespace lockstep
