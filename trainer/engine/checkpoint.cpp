#include "trainer/engine/checkpoint.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "lockstep_version.hpp"
#include "results/record/checkpoint_files.hpp"
#include "results/record/checkpoint_manifest.hpp"
#include "results/record/file_system.hpp"
#include "sweeps/run/run_id.hpp"
#include "trainer/engine/safetensors.hpp"

namespace lockstep {

namespace {
namespace fs = std::filesystem;
constexpr std::size_t kHashBytes = 32;
constexpr double kRoom = 2.2;  // of a checkpoint's size

std::string shard_name(int rank) { return fmt::format("rank{}.safetensors", rank); }

/// What one process tells the others about its shard.
struct ShardReport {
  bool ok = false;
  std::int64_t bytes = 0;
  std::string sha256 = std::string(2 * kHashBytes, '0');
  std::int64_t first_worker = 0, workers = 0;
};

/// Everybody's reports, one per process, in rank order. Reports travel as rows of numbers, one per
/// worker.
std::vector<ShardReport> gather_reports(Communicator& comm, const ShardReport& mine) {
  const WorkerRange range = comm.workers();
  at::Tensor rows =
      at::zeros({range.count, static_cast<std::int64_t>(4 + kHashBytes)}, at::kDouble);
  at::Tensor row = rows[0];
  row[0] = mine.ok ? 1.0 : 0.0;
  row[1] = static_cast<double>(mine.bytes);
  row[2] = range.first;
  row[3] = range.count;
  for (std::size_t i = 0; i < kHashBytes; ++i) {
    row[static_cast<std::int64_t>(4 + i)] = std::stoi(mine.sha256.substr(2 * i, 2), nullptr, 16);
  }
  at::Tensor all = at::empty({range.total, rows.size(1)}, at::kDouble);
  comm.all_gather(rows, all).wait();
  std::vector<ShardReport> reports;
  for (std::int64_t worker = 0; worker < range.total;) {
    const double* values = all[worker].data_ptr<double>();
    ShardReport report{values[0] > 0, static_cast<std::int64_t>(values[1]), "",
                       static_cast<std::int64_t>(values[2]), static_cast<std::int64_t>(values[3])};
    for (std::size_t i = 0; i < kHashBytes; ++i) {
      report.sha256 += fmt::format("{:02x}", static_cast<int>(values[4 + i]));
    }
    worker += report.workers;
    reports.push_back(report);
  }
  return reports;
}

TensorFile shard_of(const TrainingState& state, bool with_shared) {
  TensorFile file;
  for (const auto& [name, rows] : state.saved.rows) {
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
      file.tensors[fmt::format("worker{}/{}", state.workers.first + i, name)] = rows[i];
    }
  }
  if (with_shared) {
    for (const auto& [name, tensor] : state.saved.shared) file.tensors["shared/" + name] = tensor;
  }
  for (const auto& [name, number] : state.saved.numbers)
    file.metadata[name] = std::to_string(number);
  return file;
}

std::string manifest_of(const CheckpointIdentity& identity, const TrainingState& state,
                        const CheckpointName& name, std::int64_t seq, const Retention& keep,
                        const std::vector<ShardReport>& shards) {
  CheckpointManifest manifest{.run = identity.run,
                              .config_sha256 = identity.config_sha256,
                              .data_sha256 = identity.data_sha256,
                              .build = std::string(kVersion) + " " + kCommit,
                              .attempt = name.attempt,
                              .step = state.step,
                              .last_sync = state.last_sync,
                              .workers = state.workers.total,
                              .seq = seq,
                              .validation = state.validation,
                              .keep = keep,
                              .files = {}};
  for (std::size_t rank = 0; rank < shards.size(); ++rank) {
    const ShardReport& shard = shards[rank];
    manifest.files.push_back({shard_name(static_cast<int>(rank)), shard.bytes, shard.sha256,
                              shard.first_worker, shard.workers});
  }
  return manifest_text(manifest);
}
}  // namespace

CheckpointStore::CheckpointStore(const RunDirectory& directory, CheckpointIdentity identity,
                                 Communicator& comm, int rank, int attempt, Retention keep)
    : directory_(directory),
      identity_(std::move(identity)),
      comm_(comm),
      rank_(rank),
      attempt_(attempt),
      keep_(keep) {}

bool CheckpointStore::all_agree(bool mine) {
  const auto reports = gather_reports(comm_, {.ok = mine});
  return std::all_of(reports.begin(), reports.end(),
                     [](const ShardReport& report) { return report.ok; });
}

void CheckpointStore::require_room(const fs::path& folder, double bytes) {
  std::error_code error;
  const auto space = fs::space(folder, error);
  const double wanted = kRoom * bytes;
  if (error || static_cast<double>(space.available) >= wanted) return;
  throw RecordError(fmt::format(
      "{}: {:.3g} MB are free, and {:.3g} MB are wanted for a checkpoint; free some (lockstep gc), "
      "raise the quota, or move the workspace",
      folder.string(), 1e-6 * static_cast<double>(space.available), 1e-6 * wanted));
}

/// Of all processes together.
double CheckpointStore::bytes_of(const TrainingState& state) {
  std::int64_t mine = 0;
  for (const auto& [name, rows] : state.saved.rows)
    mine += static_cast<std::int64_t>(rows.nbytes());
  if (rank_ == 0) {
    for (const auto& [name, tensor] : state.saved.shared)
      mine += static_cast<std::int64_t>(tensor.nbytes());
  }
  double all = 0;
  for (const ShardReport& report : gather_reports(comm_, {.ok = true, .bytes = mine}))
    all += static_cast<double>(report.bytes);
  return all;
}

CheckpointOutcome CheckpointStore::save(const TrainingState& state, std::int64_t seq) {
  const CheckpointName name{state.step, attempt_};
  const fs::path final_path = directory_.checkpoint(name);
  const fs::path temporary = directory_.checkpoints() / fmt::format(".tmp-{}", name.text());
  CheckpointOutcome outcome;
  const auto attempt = [&](auto&& action) {
    try {
      action();
      return true;
    } catch (const std::exception& error) {
      outcome.error = error.what();
      return false;
    }
  };

  const double bytes = bytes_of(state);
  const bool made = attempt([&] {
    if (rank_ != 0) return;
    require_room(directory_.path(), bytes);  // before a file is half written
    fs::remove_all(temporary);
    make_directories(temporary);
    sync_directory(directory_.path());  // the folder of checkpoints may be new
  });
  if (!all_agree(made)) {
    if (outcome.error.empty()) outcome.error = "rank 0 could not create the checkpoint's directory";
    return outcome;
  }

  ShardReport mine;
  mine.ok = attempt([&] {
    const WrittenFile written =
        write_tensor_file(temporary / shard_name(rank_), shard_of(state, rank_ == 0));
    mine.bytes = written.bytes;
    mine.sha256 = written.sha256;
    // Read back before anything counts on it: a disk that lies is found now, not at the next
    // resume.
    if (sha256_hex(read_file(temporary / shard_name(rank_))) != written.sha256) {
      throw RecordError((temporary / shard_name(rank_)).string() +
                        ": reads back differently than it was written");
    }
  });
  const auto shards = gather_reports(comm_, mine);
  const bool shards_ok =
      std::all_of(shards.begin(), shards.end(), [](const auto& shard) { return shard.ok; });
  const bool published =
      shards_ok && attempt([&] {
        if (rank_ != 0) return;
        write_file_atomically(temporary / "MANIFEST.json",
                              manifest_of(identity_, state, name, seq, keep_, shards));
        // A resumed attempt may reach a step that an interrupted save of the same attempt left
        // behind.
        fs::remove_all(final_path);
        fs::rename(temporary, final_path);
        sync_directory(directory_.checkpoints());
      });
  if (!all_agree(published)) {
    if (outcome.error.empty()) outcome.error = "another process could not write its shard";
    std::error_code ignored;
    if (rank_ == 0) fs::remove_all(temporary, ignored);
    return outcome;
  }
  outcome.name = name.text();
  rejected_.erase(name);
  for (const ShardReport& shard : shards) outcome.bytes += shard.bytes;
  // The checkpoint is good whatever becomes of the old ones.
  if (rank_ == 0) retire_old(name);
  return outcome;
}

void CheckpointStore::retire_old(const CheckpointName& newest) {
  try {
    std::vector<CheckpointFacts> facts;
    for (const CheckpointName& name : directory_.checkpoint_names()) {  // newest first
      // A later step may be a newer attempt's, which is not ours to judge.
      if (name > newest || name.attempt > newest.attempt) continue;
      const CheckpointState state = look_at_checkpoint(directory_.checkpoint(name), false);
      facts.push_back({name, !rejected_.contains(name), state.validation});
    }
    for (const CheckpointName& name : superfluous(keep_, facts)) {
      const fs::path trash = directory_.checkpoints() / (".trash-" + name.text());
      fs::rename(directory_.checkpoint(name), trash);
      fs::remove_all(trash);
    }
  } catch (const std::exception&) {
    // Old checkpoints that stay cost disk, not results.
  }
}

void CheckpointStore::remove_leftovers() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory_.checkpoints(), ignored)) {
    const std::string file = entry.path().filename().string();
    for (const std::string_view prefix : {".tmp-", ".trash-"}) {
      if (!file.starts_with(prefix)) continue;
      const auto name = CheckpointName::parse(std::string_view(file).substr(prefix.size()));
      if (name && name->attempt < attempt_) fs::remove_all(entry.path(), ignored);
    }
  }
}

CheckpointSearch CheckpointStore::load_newest(std::optional<std::int64_t> at_step) {
  CheckpointSearch search;
  // All processes look at rank 0's list, so that a directory seen late by one cannot split them.
  for (std::size_t index = 0;; ++index) {
    auto names = directory_.checkpoint_names();
    if (at_step) std::erase_if(names, [&](const auto& name) { return name.step != *at_step; });
    at::Tensor chosen = at::full({2}, -1, at::kDouble);
    if (rank_ == 0 && index < names.size()) {
      chosen[0] = static_cast<double>(names[index].step);
      chosen[1] = names[index].attempt;
    }
    comm_.broadcast(chosen, 0).wait();
    if (chosen[0].item<double>() < 0) break;
    const CheckpointName name{static_cast<std::int64_t>(chosen[0].item<double>()),
                              static_cast<int>(chosen[1].item<double>())};
    std::optional<LoadedCheckpoint> loaded;
    std::string why = "another process could not read its part";
    try {
      loaded = load(name);
    } catch (const DataError&) {
      throw;
    } catch (const std::exception& error) {  // whatever a damaged manifest or shard leads to
      why = error.what();
    }
    if (all_agree(loaded.has_value())) {
      search.newest = std::move(loaded);
      return search;
    }
    rejected_.insert(name);
    search.rejected.push_back(fmt::format("checkpoint rejected: {}: {}", name.text(), why));
  }
  return search;
}

LoadedCheckpoint CheckpointStore::load(const CheckpointName& name) {
  const fs::path path = directory_.checkpoint(name);
  const auto refuse = [&](const std::string& why) {
    throw RecordError((path / "MANIFEST.json").string() + ": " + why);
  };
  const CheckpointManifest manifest = parse_manifest(read_file(path / "MANIFEST.json"));
  if (manifest.config_sha256 != identity_.config_sha256) refuse("of another configuration");
  if (manifest.data_sha256 != identity_.data_sha256) {
    throw DataError(path.string() +
                    ": was made from other data than are there now; restore the data set's files, "
                    "or start the run in "
                    "another workspace");
  }
  LoadedCheckpoint loaded;
  loaded.name = name;
  loaded.seq = manifest.seq;
  TrainingState& state = loaded.state;
  state.step = manifest.step;
  if (state.step != name.step || manifest.attempt != name.attempt)
    refuse("of another checkpoint than its directory says");
  state.last_sync = manifest.last_sync;
  state.validation = manifest.validation;
  state.workers = comm_.workers();
  if (manifest.workers != state.workers.total) refuse("of another number of workers");

  std::map<std::string, std::vector<at::Tensor>> rows;
  for (const ManifestShard& entry : manifest.files) {
    const auto first = entry.first_worker, end = first + entry.workers;
    const bool has_mine =
        first < state.workers.first + state.workers.count && end > state.workers.first;
    if (!has_mine && first != 0) continue;  // the first shard has what all share
    const fs::path shard = path / entry.name;
    const std::string bytes = read_file(shard);
    if (sha256_hex(bytes) != entry.sha256) {
      throw RecordError(shard.string() +
                        ": its SHA-256 is not the manifest's; the file is damaged");
    }
    const TensorFile file = parse_tensor_file(bytes, shard.string());
    for (const auto& [key, text] : file.metadata) state.saved.numbers[key] = std::stoll(text);
    for (const auto& [key, tensor] : file.tensors) {
      if (key.starts_with("shared/")) state.saved.shared[key.substr(7)] = tensor;
    }
    for (std::int64_t worker = std::max<std::int64_t>(first, state.workers.first);
         worker < std::min<std::int64_t>(end, state.workers.first + state.workers.count);
         ++worker) {
      const std::string prefix = fmt::format("worker{}/", worker);
      for (const auto& [key, tensor] : file.tensors) {
        if (key.starts_with(prefix)) rows[key.substr(prefix.size())].push_back(tensor);
      }
    }
  }
  for (const auto& [key, tensors] : rows) state.saved.rows[key] = at::stack(tensors);
  return loaded;
}

}  // namespace lockstep
