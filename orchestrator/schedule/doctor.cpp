#include "orchestrator/schedule/doctor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <lockstep_version.hpp>
#include <nlohmann/json.hpp>

#include "orchestrator/launch/dry_run_launcher.hpp"
#include "orchestrator/launch/process.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/machine_checks.hpp"
#include "orchestrator/schedule/storage_checks.hpp"

namespace lockstep {

namespace fs = std::filesystem;
using State = Check::State;

namespace {
constexpr const char* kBlasLink = "/etc/alternatives/libblas.so.3-x86_64-linux-gnu";

fs::path nearest_folder(fs::path path) {
  std::error_code ignored;
  while (!fs::is_directory(path, ignored) && path != path.parent_path()) path = path.parent_path();
  return path;
}

Check check_version() {
  return {State::ok, "lockstep", fmt::format("{} ({}), {}", kVersion, kCommit, kCompiler), ""};
}

Check check_cores() {
  const int cores = usable_cores();
  return {State::ok, "cores", fmt::format("{} usable", cores), ""};
}

Check check_slurm() {
  const auto sbatch = find_program("sbatch");
  return {State::ok, "slurm",
          sbatch ? sbatch->string() : "no sbatch in PATH: studies run on this machine", ""};
}

bool data_file_exists(const fs::path& data, const DatasetRow& row, const std::string& file) {
  std::error_code ignored;
  const auto places = places_of(row, file);
  return std::any_of(places.begin(), places.end(),
                     [&](const std::string& place) { return fs::exists(data / place, ignored); });
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }
}  // namespace

Check check_writable(const Workspace& workspace) {
  std::error_code ignored;
  if (fs::exists(workspace.root(), ignored) && !fs::is_directory(workspace.root(), ignored)) {
    return {State::bad, "workspace", workspace.root().string() + " is a file, not a folder",
            "name another one with --workspace or LOCKSTEP_WORKSPACE"};
  }
  const fs::path folder = nearest_folder(workspace.root());
  if (::access(folder.c_str(), W_OK | X_OK) == 0) {
    return {State::ok, "workspace",
            workspace.root().string() + (folder == workspace.root() ? "" : " (will be created)"),
            ""};
  }
  return {State::bad, "workspace", workspace.root().string() + " cannot be written",
          "change its owner, or name another one with --workspace or LOCKSTEP_WORKSPACE"};
}

Check check_file_system(const Workspace& workspace) {
  const FileSystem found = file_system_of(workspace.root());
  if (!found.remote) return {State::ok, "file system", found.name + ", local", ""};
  return {State::warning, "file system", found.name + ", shared between hosts",
          "run lockstep on one host at a time; the index is quicker on a local disk"};
}

Check check_blas(const fs::path& link) {
  std::error_code error;
  const fs::path target = fs::canonical(link, error);
  if (error)
    return {State::ok, "BLAS",
            "no alternative of libblas.so.3 here; LibTorch brings its own or none", ""};
  const std::string path = target.string();
  for (const char* fast : {"openblas", "mkl", "blis", "atlas"}) {
    if (path.find(fast) != std::string::npos) return {State::ok, "BLAS", path, ""};
  }
  return {State::bad, "BLAS", path + " is the reference BLAS: training is many times slower",
          "apt-get install libopenblas0-pthread"};
}

Check check_dataset(const DatasetRow& row, const fs::path& data) {
  Check check{State::ok, "data: " + row.name, (data / row.name).string(), ""};
  for (const std::string& file : row.files) {
    if (!data.empty() && data_file_exists(data, row, file)) continue;
    check.state = State::warning;
    std::string searched;
    for (const std::string& folder : folders_of(row))
      searched += (searched.empty() ? "" : " or ") + (data / folder).string();
    check.detail = data.empty()
                       ? file + " is missing: there is no data folder (./data, /usr/share/datasets)"
                       : file + " is missing in " + searched;
    check.fix = row.remedy + ", or name another folder with --data";
    break;
  }
  return check;
}

std::vector<Check> check_data(const Tables& tables, const fs::path& data) {
  std::vector<Check> checks;
  for (const DatasetRow& row : tables.datasets) {
    if (!row.files.empty()) checks.push_back(check_dataset(row, data));
  }
  return checks;
}

std::vector<Check> check_trainer(CommandRunner& runner, const TrainerSetup& trainer) {
  if (!find_program(trainer.program.string())) {
    return {{State::bad, "trainer", trainer.program.string() + " is missing",
             "build it (make build), or set LOCKSTEP_TRAIN"}};
  }
  std::vector<Check> checks;
  try {
    std::vector<std::string> argv{trainer.program.string(), "--check"};
    if (!trainer.data.empty()) argv.insert(argv.end(), {"--data", trainer.data.string()});
    const CommandResult result = runner.run({.argv = argv,
                                             .input = "",
                                             .directory = {},
                                             .environment = trainer_environment(trainer),
                                             .deadline_s = 120});
    const auto json = nlohmann::json::parse(result.out);
    for (const auto& entry : json.at("checks")) {
      const bool ok = entry.at("ok").get<bool>();
      checks.push_back(
          {ok ? State::ok : State::bad, "trainer: " + entry.at("name").get<std::string>(),
           entry.at("detail").get<std::string>(), ok ? "" : entry.at("fix").get<std::string>()});
    }
  } catch (const std::exception& error) {
    return {{State::bad, "trainer", std::string("its --check says nothing useful: ") + error.what(),
             trainer.program.string() + " --check"}};
  }
  return checks;
}

Check check_mpi(CommandRunner& runner, const TrainerSetup& trainer) {
  if (!find_program("mpirun")) {
    return {State::warning, "MPI", "no mpirun in PATH: runs have one process",
            "apt-get install openmpi-bin"};
  }
  std::vector<std::string> argv = mpi_prefix(2);
  argv.push_back("hostname");
  CommandResult result;
  try {
    result = runner.run({.argv = argv,
                         .input = "",
                         .directory = {},
                         .environment = trainer_environment(trainer),
                         .deadline_s = 60});
  } catch (const LaunchError& error) {
    return {State::bad, "MPI", error.what(), "apt-get install openmpi-bin"};
  }
  if (result.ok()) return {State::ok, "MPI", "two processes start", ""};
  const std::string said = result.timed_out ? "it does not end" : first_line(result.err);
  return {State::bad, "MPI", "two processes do not start: " + said,
          "look at: " + command_line(argv)};
}

std::vector<Check> examine(const DoctorInput& input) {
  std::vector<Check> all{check_version(), check_writable(input.workspace),
                         check_file_system(input.workspace), check_permissions(input.workspace)};
  const auto add = [&](std::vector<Check> checks) {
    all.insert(all.end(), checks.begin(), checks.end());
  };
  add(check_storage(input.workspace));
  add(check_room(input.workspace));
  all.push_back(check_cores());
  add(check_this_machine());
  all.push_back(check_blas(kBlasLink));
  add(check_data(input.tables, input.trainer.data));
  add(check_trainer(input.runner, input.trainer));
  all.push_back(check_mpi(input.runner, input.trainer));
  all.push_back(check_slurm());
  return all;
}

}  // namespace lockstep
