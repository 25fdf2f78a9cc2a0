// lockstep-train: trains one run, on as many processes as mpirun or srun start. Parses, runs,
// catches; the exit code says what the orchestrator should do next.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <nlohmann/json.hpp>

#include "lockstep_version.hpp"
#include "results/record/run_directory.hpp"
#include "trainer/comm/metered.hpp"
#include "trainer/comm/mpi.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/engine/attempt.hpp"
#include "trainer/engine/calibration.hpp"
#include "trainer/engine/certificate.hpp"
#include "trainer/engine/data_shelf.hpp"
#include "trainer/engine/doctor.hpp"
#include "trainer/engine/emulated_network.hpp"
#include "trainer/engine/failure.hpp"
#include "trainer/engine/fork_server.hpp"
#include "trainer/engine/keep_memory.hpp"
#include "trainer/engine/provenance.hpp"
#include "trainer/export_command.hpp"
#include "trainer/pack_command.hpp"
#include "trainer/train_arguments.hpp"

namespace lockstep {

namespace {
std::atomic<bool> stop_requested = false;  // the one thing a signal handler may touch

void on_signal(int) { stop_requested = true; }

/// Of a run, and of the measurements.
struct Arguments : TrainArguments {
  std::filesystem::path config, out, scratch;
  std::vector<std::filesystem::path> configs;
  double seconds = 3;
};

RunConfig read_config(const Registry& registry, const std::filesystem::path& path) {
  return parse_config(registry.tables, read_file(path));
}

int describe() {
  nlohmann::ordered_json json = {
      {"version", kVersion}, {"commit", kCommit}, {"libraries", loaded_libraries()}};
  fmt::print("{}\n", json.dump(1));
  return 0;
}

/// `mpi` is null in a process that knows itself to be the only one.
int train(const Registry& registry, const Arguments& arguments, MpiEnvironment* mpi) {
  const RunConfig config = config_of_run(registry, arguments.attempt.run_directory);
  const auto workers = static_cast<int>(config.integer("workers"));
  const int processes = mpi ? mpi->size() : 1;
  if (workers % processes != 0) {
    throw ConfigError(fmt::format(
        "{} workers cannot be shared out over {} processes; start a number that divides {}",
        workers, processes, workers));
  }
  MeteredCommunicator comm(with_network_of(config, processes == 1
                                                       ? make_self_communicator(workers)
                                                       : make_mpi_communicator(*mpi, workers)));
  AttemptOptions options = arguments.attempt;
  options.stop = &stop_requested;
  ProcessPlace place{0, processes, [](int code) { std::_Exit(code); }};
  if (mpi) place = {mpi->rank(), processes, [mpi](int code) { mpi->abort(code); }};
  return static_cast<int>(run_attempt(registry, config, options, place, comm));
}

int calibrate(const Arguments& arguments) {
  claim_blas_buffer();
  const Registry registry = Registry::builtin();
  const RunConfig config = read_config(registry, arguments.config);
  const Dataset dataset = registry.load_dataset(config, arguments.attempt.data_folder);
  const MeasuredStep step = measure_step(registry, config, dataset, arguments.seconds);
  const nlohmann::ordered_json json = {{"step_s", step.cost.step_s},
                                       {"backward_s", step.cost.backward_s},
                                       {"average_s", step.cost.average_s},
                                       {"p10_s", step.p10_s},
                                       {"p90_s", step.p90_s},
                                       {"deviation_s", step.spread.deviation_s},
                                       {"interrupted_s", step.spread.interrupted_s},
                                       {"samples", step.samples},
                                       {"interrupted", step.interrupted},
                                       {"device_name", cpu_model()}};
  write_file_atomically(arguments.out, json.dump(1) + "\n");
  return 0;
}

int certify(const Arguments& arguments) {
  claim_blas_buffer();
  const Registry registry = Registry::builtin();
  std::vector<RunConfig> configs;
  for (const auto& path : arguments.configs) configs.push_back(read_config(registry, path));
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  for (const IdentityCheck& check :
       check_identities(registry, configs, arguments.attempt.data_folder, arguments.scratch)) {
    checks.push_back({{"name", check.name},
                      {"algorithm", check.algorithm},
                      {"claim", check.claim},
                      {"deviation", check.deviation},
                      {"allowed", check.allowed}});
  }
  write_file_atomically(
      arguments.out,
      nlohmann::ordered_json{{"checks", checks}, {"device_name", cpu_model()}}.dump(1) + "\n");
  return 0;
}

int calibrate_network(const Arguments& arguments, MpiEnvironment& mpi) {
  if (mpi.size() < 2)
    throw ConfigError(
        "calibrate-network needs at least 2 processes: mpirun -n 2 lockstep-train ...");
  const auto comm = make_mpi_communicator(mpi, mpi.size());
  nlohmann::ordered_json samples = nlohmann::ordered_json::array();
  for (const AllReduceSample& sample : measure_network(*comm)) {
    samples.push_back({{"bytes", sample.bytes}, {"seconds", sample.seconds}});
  }
  if (mpi.rank() == 0) {
    const nlohmann::ordered_json json = {{"samples", samples}, {"processes", mpi.size()}};
    write_file_atomically(arguments.out, json.dump(1) + "\n");
  }
  return 0;
}

/// Runs `action`; an exception in one of several processes ends all, after one line with rank and
/// host.
template <typename Action>
int guarded(MpiEnvironment* mpi, Action&& action) {
  const auto report = [&](TrainExit exit, const char* what) {
    const std::string where =
        mpi && mpi->size() > 1 ? fmt::format(" (rank {} on {})", mpi->rank(), host_name()) : "";
    fmt::print(stderr, "lockstep-train: error{}: {}\n", where, what);
    std::fflush(stderr);
    const int code = static_cast<int>(exit);
    if (mpi && mpi->size() > 1) mpi->abort(code);
    return code;
  };
  try {
    return action();
  } catch (const std::exception& error) {
    const Failure failure = failure_of(error);
    return report(failure.exit, failure.message.c_str());
  }
}

void listen_to_signals() {
  for (const int signal : {SIGTERM, SIGINT, SIGUSR2}) std::signal(signal, on_signal);
}

/// Loads the data set of a job, so that the processes forked for it and for later ones have it.
void load_data_of(const Registry& registry, const std::vector<std::string>& argv) {
  try {
    Arguments arguments;
    CLI::App app;
    add_train_options(app, arguments);
    parse_words(app, argv);
    const RunConfig config = config_of_run(registry, arguments.attempt.run_directory);
    registry.load_dataset(config, arguments.attempt.data_folder);
  } catch (const std::exception&) {
    // The job meets the same problem and tells it in its log.
  }
}

/// A job of the server: the only process of its run.
int train_alone(const Registry& registry, const std::vector<std::string>& argv) {
  Arguments arguments;
  CLI::App app;
  add_train_options(app, arguments);
  if (const auto code = exit_of_parsing(app, argv)) return *code;
  listen_to_signals();
  return guarded(nullptr, [&] { return train(registry, arguments, nullptr); });
}

int serve(const std::vector<std::string>& argv) {
  const Registry registry = with_data_shelf(Registry::builtin());
  return serve_forks(argv, {.prepare = [&](const auto& job) { load_data_of(registry, job); },
                            .run = [&](const auto& job) { return train_alone(registry, job); }});
}
}  // namespace

int run_program(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  Arguments arguments;
  CLI::App app;
  add_train_options(app, arguments);
  auto* step =
      app.add_subcommand("calibrate", "Measure the cost of a local step of one worker, alone");
  step->add_option("--config", arguments.config, "A run's config.json")
      ->required()
      ->check(CLI::ExistingFile);
  step->add_option("--out", arguments.out, "JSON file to write")->required();
  step->add_option("--seconds", arguments.seconds, "How long to measure")
      ->default_val(3)
      ->check(CLI::PositiveNumber);
  step->add_option("--data", arguments.attempt.data_folder, "Folder with the data sets")
      ->envname("LOCKSTEP_DATA");
  auto* identities = app.add_subcommand("certify",
                                        "Check identities that must hold, on a study's model and "
                                        "data: resume, H = 1, one worker, ...");
  identities
      ->add_option("--config", arguments.configs,
                   "config.json of one run per algorithm, of one model and data set")
      ->required()
      ->check(CLI::ExistingFile);
  identities->add_option("--out", arguments.out, "JSON file to write")->required();
  identities->add_option("--scratch", arguments.scratch, "Empty folder for checkpoints")
      ->required();
  identities->add_option("--data", arguments.attempt.data_folder, "Folder with the data sets")
      ->envname("LOCKSTEP_DATA");
  auto* network = app.add_subcommand("calibrate-network",
                                     "Measure all-reduces between the processes of this job");
  network->add_option("--out", arguments.out, "JSON file to write")->required();
  ExportCommand export_model(app);
  PackCommand pack(app);
  if (const auto code = exit_of_parsing(app, words)) return *code;
  keep_freed_memory();
  at::set_num_threads(1);
  if (arguments.serve) return serve(words);
  if (arguments.describe) return describe();
  if (arguments.check) return check_machine();
  if (*step) return guarded(nullptr, [&] { return calibrate(arguments); });
  if (*identities) return guarded(nullptr, [&] { return certify(arguments); });
  if (export_model.chosen()) return guarded(nullptr, [&] { return export_model.run(); });
  if (pack.chosen()) return guarded(nullptr, [&] { return pack.run(); });
  if (!*network && arguments.attempt.run_directory.empty()) {
    fmt::print(stderr, "lockstep-train: error: --run-dir is missing; see lockstep-train --help\n");
    return static_cast<int>(TrainExit::configuration);
  }
  listen_to_signals();
  return guarded(nullptr, [&] {
    MpiEnvironment mpi;
    return guarded(&mpi, [&] {
      return *network ? calibrate_network(arguments, mpi)
                      : train(Registry::builtin(), arguments, &mpi);
    });
  });
}

}  // namespace lockstep

int main(int argc, char** argv) { return lockstep::run_program(argc, argv); }
