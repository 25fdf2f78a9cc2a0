// What can be wrong with a machine, looked at one by one. Every check says what it found and, where
// that is bad, the fix. Checks neither change anything nor stop each other.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "orchestrator/launch/command_runner.hpp"
#include "orchestrator/launch/trainer_command.hpp"
#include "results/record/workspace.hpp"
#include "sweeps/run/tables.hpp"

namespace lockstep {

struct Check {
  enum class State { ok, warning, bad } state = State::ok;
  std::string name;
  std::string detail;
  std::string fix;  ///< a command or a sentence; empty where ok
};

struct DoctorInput {
  const Tables& tables;
  Workspace workspace;
  TrainerSetup trainer;
  CommandRunner& runner;
};

/// All checks, in a fixed order: this program, workspace, machine, data, trainer, MPI, Slurm.
std::vector<Check> examine(const DoctorInput& input);

// The parts, for tests.
Check check_writable(const Workspace& workspace);
Check check_file_system(const Workspace& workspace);
/// `link`: where the alternative of libblas.so.3 points.
Check check_blas(const std::filesystem::path& link);
/// Whether the files that the data set is made from are there, packed or not; they are not opened.
Check check_dataset(const DatasetRow& row, const std::filesystem::path& data);
std::vector<Check> check_data(const Tables& tables, const std::filesystem::path& data);
std::vector<Check> check_trainer(CommandRunner& runner, const TrainerSetup& trainer);
Check check_mpi(CommandRunner& runner, const TrainerSetup& trainer);

}  // namespace lockstep
