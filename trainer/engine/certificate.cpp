#include "trainer/engine/certificate.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

#include "results/record/file_system.hpp"
#include "results/record/record_error.hpp"
#include "results/record/run_directory.hpp"
#include "sweeps/run/course.hpp"
#include "sweeps/run/run_id.hpp"
#include "trainer/comm/metered.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/engine/checkpoint.hpp"
#include "trainer/engine/engine.hpp"

namespace lockstep {

namespace {
using Given = std::map<std::string, Value>;

// Two rounds and a rest, an epoch that ends inside a round, a stop inside a round: 3, 6, 8 are
// syncs; 4 ends the epoch.
constexpr std::int64_t kWorkers = 2;
constexpr std::int64_t kSteps = 8;
constexpr std::int64_t kStepsPerEpoch = 4;
constexpr std::int64_t kH = 3;
constexpr std::int64_t kStopAt = 5;
constexpr std::int64_t kTestSamples = 64;
/// In float64 two orders of the same sums differ by 1e-16 each; eight steps of a network amplify
/// that, never this far.
constexpr double kRounding = 1e-9;
constexpr double kGentleLr = 0.01;  ///< the study's own might be one that makes training diverge

/// The parameters of a run, shrunk to a few steps of two workers.
Given small_problem(const RunConfig& config, std::int64_t workers) {
  Given given;
  for (const auto& [name, value] : config.values()) {
    if (!name.ends_with("_revision")) given[name] = value;
  }
  for (const char* name :
       {"epochs", "warmup_epochs", "warmup_from", "lr_scaling", "lr_reference_batch"})
    given.erase(name);
  given["workers"] = workers;
  given["steps"] = kSteps;
  given["lr"] = kGentleLr;
  given["evals_per_epoch"] = std::int64_t{1};
  const std::int64_t trained = kWorkers * config.integer("batch_per_worker") * kStepsPerEpoch;
  given["train_samples"] =
      static_cast<std::int64_t>(static_cast<double>(trained) / (1 - kValidationShare)) + 1;
  if (given.count("H")) given["H"] = kH;
  if (given.count("sync_delay")) given["sync_delay"] = std::int64_t{1};
  if (given.count("switch_epoch")) given["switch_epoch"] = std::int64_t{1};
  return given;
}

/// Resolves, leaving out what the algorithm does not use.
RunConfig resolved(const Tables& tables, Given given) {
  for (std::size_t tries = given.size(); tries > 0; --tries) {
    const Resolution resolution = resolve(tables, given);
    if (resolution.problems.empty()) return resolution.config;
    if (given.erase(resolution.problems.front().parameter) == 0) break;
  }
  throw std::logic_error("the configuration has no small version: " +
                         resolve(tables, given).problems.front().message);
}

/// Rows of all workers at the end.
struct FinalRows {
  at::Tensor parameters, momentum, buffers;
};

/// Trains small problems in memory, in this process alone.
class Laboratory {
 public:
  /// `like` names the data set; all problems train on the same few samples of it.
  Laboratory(const Registry& registry, const RunConfig& like,
             const std::filesystem::path& data_folder, std::filesystem::path scratch)
      : registry_(registry),
        dataset_(registry.load_dataset(resolved(registry.tables, small_problem(like, kWorkers)),
                                       data_folder)),
        scratch_(std::move(scratch)) {
    dataset_.test = dataset_.test.first(kTestSamples);
  }

  FinalRows train(const RunConfig& config) const { return part(config, nullptr, 0); }

  /// Stops inside a round, and goes on from the checkpoint with fresh objects.
  FinalRows train_in_two_parts(const RunConfig& config) const {
    const RunDirectory directory(scratch_ / RunId::of(config).text());
    make_directories(directory.checkpoints());
    part(config, &directory, kStopAt);
    return part(config, &directory, 0);
  }

 private:
  FinalRows part(const RunConfig& config, const RunDirectory* directory, std::int64_t stop) const {
    MeteredCommunicator comm(make_self_communicator(static_cast<int>(config.integer("workers"))));
    std::optional<CheckpointStore> checkpoints;
    EngineListener listener;
    if (directory) {
      checkpoints.emplace(
          *directory, CheckpointIdentity{directory->id(), config.canonical_json(), dataset_.sha256},
          comm,
          /*rank=*/0, /*attempt=*/stop > 0 ? 1 : 2);
      listener.checkpoint = [&](const TrainingState& state) {
        const std::string error = checkpoints->save(state, 0).error;
        if (!error.empty()) throw WriteError(error);
        return true;
      };
    }
    Engine engine(registry_, config, dataset_, comm, listener, EngineOptions{.stop_at_step = stop});
    if (directory && stop == 0) {
      CheckpointSearch search = checkpoints->load_newest();
      if (!search.newest) throw std::runtime_error("the checkpoint of a moment ago is gone");
      engine.load(search.newest->state);
    }
    engine.run();
    const WorkerRows& rows = engine.rows();
    return {rows.parameters.clone(), rows.momentum.defined() ? rows.momentum.clone() : at::Tensor(),
            rows.buffers.clone()};
  }

  const Registry& registry_;
  Dataset dataset_;
  std::filesystem::path scratch_;
};

/// Largest difference relative to the largest number; infinite where either holds something that is
/// no number.
double deviation(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || a.numel() == 0) return 0;
  const double scale = std::max(a.abs().max().item<double>(), b.abs().max().item<double>());
  const double difference = (a - b).abs().max().item<double>();
  if (!(scale < std::numeric_limits<double>::infinity()))
    return std::numeric_limits<double>::infinity();
  return scale > 0 ? difference / scale : 0;
}

double deviation(const FinalRows& a, const FinalRows& b) {
  return std::max({deviation(a.parameters, b.parameters), deviation(a.momentum, b.momentum),
                   deviation(a.buffers, b.buffers)});
}

/// The same problem under another algorithm, in float64.
RunConfig under(const Tables& tables, Given given, const std::string& algorithm,
                const Given& changes) {
  for (const char* name :
       {"H", "momentum_buffers", "sync_delay", "switch_epoch", "slow_momentum", "slow_lr"})
    given.erase(name);
  given["algorithm"] = algorithm;
  given["precision"] = std::string("float64");
  for (const auto& [name, value] : changes) given[name] = value;
  return resolved(tables, given);
}

std::vector<IdentityCheck> of_model_and_data(const Laboratory& laboratory, const Tables& tables,
                                             const RunConfig& config) {
  const Given two = small_problem(config, kWorkers), one = small_problem(config, 1);
  const auto local = [&](const Given& given, std::int64_t h) {
    return laboratory.train(under(tables, given, "local_sgd", {{"H", h}}));
  };
  const auto sync = [&](const Given& given) {
    return laboratory.train(under(tables, given, "sync_sgd", {}));
  };
  const FinalRows slow_without_effect =
      laboratory.train(under(tables, two, "slowmo",
                             {{"H", kH},
                              {"slow_lr", 1.0},
                              {"slow_momentum", 0.0},
                              {"momentum_buffers", std::string("maintain")}}));
  return {
      {"H=1", "", "Local SGD with H = 1 is synchronous SGD.",
       deviation(local(two, 1).parameters, sync(two).parameters), kRounding},
      {"slowmo(1,0)", "", "SlowMo with slow learning rate 1 and slow momentum 0 is local SGD.",
       deviation(slow_without_effect.parameters, local(two, kH).parameters), kRounding},
      {"one worker", "", "Local SGD of one worker is serial SGD, whatever H is.",
       deviation(local(one, kH).parameters, sync(one).parameters), kRounding},
  };
}

std::vector<IdentityCheck> of_algorithm(const Laboratory& laboratory, const Tables& tables,
                                        const RunConfig& config) {
  const std::string& algorithm = config.text("algorithm");
  const RunConfig small = resolved(tables, small_problem(config, kWorkers));
  const FinalRows whole = laboratory.train(small);
  return {
      {"agreement", algorithm,
       "After the last sync all workers hold the same parameters, bit for bit.",
       deviation(whole.parameters, whole.parameters[0].expand_as(whole.parameters)), 0},
      {"resume", algorithm,
       "Stopped inside a round and resumed, every worker ends with the same bits.",
       deviation(whole, laboratory.train_in_two_parts(small)), 0},
  };
}
}  // namespace

std::vector<IdentityCheck> check_identities(const Registry& registry,
                                            const std::vector<RunConfig>& configs,
                                            const std::filesystem::path& data_folder,
                                            const std::filesystem::path& scratch) {
  if (configs.empty()) throw std::logic_error("check_identities needs a configuration");
  const Laboratory laboratory(registry, configs.front(), data_folder, scratch);
  std::vector<IdentityCheck> checks =
      of_model_and_data(laboratory, registry.tables, configs.front());
  for (const RunConfig& config : configs) {
    const auto more = of_algorithm(laboratory, registry.tables, config);
    checks.insert(checks.end(), more.begin(), more.end());
  }
  return checks;
}

}  // namespace lockstep
