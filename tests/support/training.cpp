#include "tests/support/training.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "tests/support/borrowed_communicator.hpp"
#include "tests/support/temp_dir.hpp"
#include "trainer/comm/metered.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/comm/threads.hpp"
#include "trainer/data/random.hpp"
#include "trainer/engine/checkpoint.hpp"
#include "trainer/engine/emulated_network.hpp"
#include "trainer/engine/state_digest.hpp"

namespace lockstep::test {

TrainingCase TrainingCase::with(const Given& changes) const {
  TrainingCase changed = *this;
  for (const auto& [name, value] : changes) changed.given[name] = value;
  return changed;
}

TrainingCase TrainingCase::without(const std::vector<std::string>& names) const {
  TrainingCase changed = *this;
  for (const std::string& name : names) changed.given.erase(name);
  return changed;
}

RunConfig TrainingCase::config() const {
  Resolution resolution = resolve(registry.tables, given);
  if (!resolution.problems.empty()) throw std::runtime_error(resolution.problems.front().message);
  return resolution.config;
}

at::Tensor Trained::mean() const { return parameters.mean(0); }

World threads_world(int processes) {
  return [processes](int workers, const std::function<void(Communicator&)>& body) {
    run_threads(processes, workers, body);
  };
}

namespace {
at::Tensor gathered(const at::Tensor& rows, Communicator& comm) {
  if (!rows.defined()) return {};
  at::Tensor all = at::empty({comm.workers().total, rows.size(1)}, rows.options());
  if (rows.size(1) > 0) comm.all_gather(rows, all).wait();
  return all;
}

/// The directory that rank 0 names: one place that all processes see. Paths are short enough for
/// one row of numbers.
std::filesystem::path shared_directory(const std::filesystem::path& mine, Communicator& comm) {
  constexpr std::int64_t kLongest = 256;
  at::Tensor row = at::zeros({kLongest}, at::kDouble);
  const std::string text = mine.string();
  for (std::size_t i = 0; i < text.size(); ++i) row[static_cast<std::int64_t>(i)] = text[i];
  comm.broadcast(row, 0).wait();
  std::string shared;
  for (std::int64_t i = 0; i < kLongest && row[i].item<double>() > 0; ++i) {
    shared.push_back(static_cast<char>(row[i].item<double>()));
  }
  return shared;
}

bool rows_equal(const at::Tensor& rows) {
  return same_bits(rows, rows[0].expand_as(rows).contiguous());
}

/// One process's share of one part of the training: up to a stop, or to the end.
class Process {
 public:
  Process(const TrainingCase& problem, const RunConfig& config, const RunDirectory& directory,
          Communicator& world)
      : problem_(problem),
        config_(config),
        directory_(directory),
        world_(world),
        comm_(with_network_of(config, std::make_unique<Borrowed>(world))),
        dataset_(problem.registry.load_dataset(config, {})),
        rank_(world.workers().first / world.workers().count) {}

  Trained train(int attempt, std::int64_t stop) {
    CheckpointStore checkpoints(directory_, {directory_.id(), "config", dataset_.sha256}, comm_,
                                rank_, attempt);
    std::optional<Engine> engine;
    EngineListener listener;
    listener.record = [&](const Record& record) { trained_.records.push_back(record); };
    listener.checkpoint = [&](const TrainingState& state) {
      return checkpoints.save(state, 0).error.empty();
    };
    listener.progress = [&](std::int64_t step) {
      trained_.equal_after[step] = rows_equal(gathered(engine->rows().parameters, world_));
    };
    engine.emplace(problem_.registry, config_, dataset_, comm_, listener,
                   EngineOptions{.stop_at_step = stop});
    if (attempt > 1) {
      auto loaded = checkpoints.load_newest().newest;
      if (!loaded) throw std::runtime_error("no checkpoint to go on from");
      engine->load(loaded->state);
    }
    engine->run();
    if (stop == 0) {
      trained_.parameters = gathered(engine->rows().parameters, world_);
      trained_.momentum = gathered(engine->rows().momentum, world_);
      trained_.buffers = gathered(engine->rows().buffers, world_);
      trained_.state_sha256 = state_sha256(engine->rows(), world_);
    }
    return std::move(trained_);
  }

 private:
  const TrainingCase& problem_;
  const RunConfig& config_;
  const RunDirectory& directory_;
  Communicator& world_;  ///< not metered: what the test itself asks
  MeteredCommunicator comm_;
  Dataset dataset_;
  int rank_;
  Trained trained_;
};

/// Adds what one part gave. Records are rank 0's; the rest is equal in all processes. In an MPI
/// world every process keeps its own.
void add(Trained& whole, Trained part) {
  whole.records.insert(whole.records.end(), part.records.begin(), part.records.end());
  whole.equal_after.merge(part.equal_after);
  if (part.parameters.defined()) {
    part.records = std::move(whole.records);
    part.equal_after = std::move(whole.equal_after);
    whole = std::move(part);
  }
}
}  // namespace

Trained train(const TrainingCase& problem, const World& world,
              const std::vector<std::int64_t>& stops) {
  return train_in_turn(problem, {world}, stops);
}

Trained train_in_turn(const TrainingCase& problem, const std::vector<World>& worlds,
                      const std::vector<std::int64_t>& stops) {
  const RunConfig config = problem.config();
  const TempDir temporary;
  Trained result;
  std::mutex mutex;
  for (std::size_t part = 0; part <= stops.size(); ++part) {
    const std::int64_t stop = part < stops.size() ? stops[part] : 0;
    worlds[part % worlds.size()](
        static_cast<int>(config.integer("workers")), [&](Communicator& comm) {
          // Ranks of an MPI world must see one directory: the first rank's. Threads share
          // `temporary` anyway.
          const RunDirectory directory(shared_directory(temporary.path(), comm) /
                                       std::string(32, 'a'));
          std::filesystem::create_directories(directory.checkpoints());
          Trained mine =
              Process(problem, config, directory, comm).train(static_cast<int>(part) + 1, stop);
          comm.barrier();  // nobody leaves, and takes the directory away, before all are done
          const std::lock_guard lock(mutex);
          add(result, std::move(mine));
        });
  }
  return result;
}

std::vector<SyncRecord> syncs_of(const Trained& trained) {
  std::vector<SyncRecord> syncs;
  for (const Record& record : trained.records) {
    if (const auto* sync = std::get_if<SyncRecord>(&record)) {
      for (const SyncRecord& one : expand(*sync)) syncs.push_back(one);
    }
  }
  return syncs;
}

std::vector<std::int64_t> sync_steps_of(const Trained& trained) {
  std::vector<std::int64_t> steps;
  for (const SyncRecord& sync : syncs_of(trained)) steps.push_back(sync.first);
  return steps;
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  const double scale = std::max(a.abs().max().item<double>(), b.abs().max().item<double>());
  return (a - b).abs().max().item<double>() / std::max(scale, 1e-300);
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (a.defined() != b.defined()) return false;
  if (!a.defined()) return true;
  const at::Tensor x = a.contiguous(), y = b.contiguous();
  return x.sizes() == y.sizes() && x.scalar_type() == y.scalar_type() &&
         std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) == 0;
}

std::vector<std::string> timeless(const std::vector<Record>& records) {
  std::vector<std::string> lines;
  const auto add = [&](Record record) {
    auto json = to_json(record);
    for (auto item = json.begin(); item != json.end();) {
      const bool clock =
          item.key().ends_with("_s") || item.key() == "seconds" || item.key() == "wire_bytes";
      item = clock ? json.erase(item) : std::next(item);
    }
    lines.push_back(std::string(type_of(record)) + json.dump());
  };
  for (const Record& record : records) {
    if (const auto* sync = std::get_if<SyncRecord>(&record)) {
      for (SyncRecord one : expand(*sync)) {
        one.period = 0;  // of the bunch that it was written in, not of the sync
        add(one);
      }
    } else if (!std::holds_alternative<CheckpointRecord>(record)) {
      add(record);
    }
  }
  // Syncs are written in bunches whose borders depend on stops: order by kind of record, then as
  // they came.
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.substr(0, 4) < b.substr(0, 4); });
  return lines;
}

namespace {
/// Few samples, so that a test that loads them in every process stays fast.
Registry small_registry() {
  Registry registry = Registry::builtin();
  for (DatasetRow& row : registry.tables.datasets) {
    if (row.name != "synthetic") continue;
    row.train_samples = 400;
    row.test_samples = 60;
  }
  return registry;
}
}  // namespace

TrainingCase small_case() {
  return {{{"algorithm", std::string("sync_sgd")},
           {"model", std::string("mlp")},
           {"hidden", std::int64_t{8}},
           {"dataset", std::string("synthetic")},
           {"workers", std::int64_t{4}},
           {"batch_per_worker", std::int64_t{4}},
           {"steps", std::int64_t{24}},
           {"lr", 0.05},
           {"lr_schedule", std::string("step")},
           {"lr_milestones", std::vector<double>{0.5}},
           {"momentum", 0.0},
           {"precision", std::string("float64")}},
          small_registry()};
}

namespace {
constexpr std::int64_t kDimensions = 6;

/// x (6) and targets (6): h/2 (x - target)^2 summed, h fixed; or 1/2 (a . x - y)^2 with a, y from
/// the sample.
class Quadratic : public Model {
 public:
  explicit Quadratic(bool common_hessian) : common_hessian_(common_hessian) {
    parameters_.add("x", SlotKind::weight, {kDimensions}, {.deviation = 1.0});
  }
  at::Tensor forward(const Weights&, const at::Tensor& images, const Pass&) const override {
    return at::zeros({images.size(0), 10}, images.options());
  }
  at::Tensor loss(const Weights& weights, const Batch& batch, const Pass&) const override {
    const at::Tensor& x = weights.parameters[0];
    if (common_hessian_) {
      const at::Tensor h = at::arange(1, kDimensions + 1, batch.images.options()) / kDimensions;
      return (h * (x - batch.images).pow(2)).sum(1).mean() / 2;
    }
    return (at::mv(batch.images, x) - batch.labels.to(x.scalar_type()) / 10).pow(2).mean() / 2;
  }

 private:
  bool common_hessian_;
};

Samples points(std::int64_t count, std::int64_t offset) {
  Samples samples{at::empty({count, kDimensions}, at::kDouble), at::empty({count}, at::kLong)};
  const CounterRandom random(7, Stream::synthetic_data, 99);
  for (std::int64_t i = 0; i < count; ++i) {
    samples.labels[i] = i % 10;
    for (std::int64_t d = 0; d < kDimensions; ++d) {
      samples.images[i][d] =
          random.normal(static_cast<std::uint64_t>((offset + i) * kDimensions + d));
    }
  }
  return samples;
}
}  // namespace

TrainingCase quadratic_case(bool common_hessian) {
  TrainingCase problem = small_case().without({"hidden"});
  Registry& registry = problem.registry;
  registry.tables.models.push_back({.name = "quadratic", .doc = "A quadratic bowl."});
  registry.models["quadratic"] = [common_hessian](const RunConfig&, const DatasetRow&) {
    return std::make_unique<Quadratic>(common_hessian);
  };
  registry.tables.datasets.push_back({.name = "points",
                                      .train_samples = 400,
                                      .test_samples = 10,
                                      .classes = 10,
                                      .doc = "Random points."});
  registry.datasets["points"] = [](const DatasetRow& row, const RunConfig&,
                                   const std::filesystem::path&) {
    return Dataset{points(row.train_samples, 0), points(row.test_samples, 1000), {}, {}, {}};
  };
  return problem.with(
      {{"model", std::string("quadratic")}, {"dataset", std::string("points")}, {"lr", 0.2}});
}

TrainingCase equal_data_case() {
  TrainingCase problem = small_case();
  const DatasetFactory synthetic = problem.registry.datasets.at("synthetic");
  problem.registry.datasets["synthetic"] = [synthetic](const DatasetRow& row,
                                                       const RunConfig& config,
                                                       const std::filesystem::path& folder) {
    Dataset dataset = synthetic(row, config, folder);
    dataset.train.images =
        dataset.train.images[0].unsqueeze(0).expand_as(dataset.train.images).contiguous();
    dataset.train.labels.fill_(3);
    return dataset;
  };
  return problem;
}

}  // namespace lockstep::test
