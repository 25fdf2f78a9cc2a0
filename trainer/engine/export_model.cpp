#include "trainer/engine/export_model.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "results/record/file_system.hpp"
#include "results/record/publish.hpp"
#include "results/record/run_directory.hpp"
#include "sweeps/run/run_id.hpp"
#include "trainer/comm/metered.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/engine/checkpoint.hpp"
#include "trainer/engine/engine.hpp"
#include "trainer/engine/model_file.hpp"

namespace lockstep {

namespace {
namespace fs = std::filesystem;

struct Found {
  std::string bytes, source;
};

/// The final model, if the run has one that can be read.
std::optional<Found> final_model(const RunDirectory& run, std::vector<std::string>& notes) {
  try {
    const auto result = read_result(run.done());
    if (!result || result->reason != EndReason::done) return std::nullopt;
    Found found{read_file(run.model()), run.model().filename().string()};
    parse_tensor_file(found.bytes, run.model().string());
    return found;
  } catch (const RecordError& error) {
    notes.push_back(fmt::format("final model passed over: {}", error.what()));
    return std::nullopt;
  }
}

std::string known_steps(const RunDirectory& run) {
  std::vector<std::int64_t> steps;
  for (const CheckpointName& name : run.checkpoint_names()) steps.push_back(name.step);
  return steps.empty() ? "none" : fmt::format("steps {}", fmt::join(steps, ", "));
}

std::optional<Found> model_at_checkpoint(const Registry& registry, const RunConfig& config,
                                         const ExportRequest& request, const RunDirectory& run,
                                         std::vector<std::string>& notes) {
  const Dataset dataset = registry.load_dataset(config, request.data_folder);
  MeteredCommunicator comm(make_self_communicator(static_cast<int>(config.integer("workers"))));
  CheckpointStore checkpoints(run, {run.id(), sha256_hex(config.canonical_json()), dataset.sha256},
                              comm, 0, 0);
  const CheckpointSearch search = checkpoints.load_newest(request.step);
  notes.insert(notes.end(), search.rejected.begin(), search.rejected.end());
  if (!search.newest) return std::nullopt;
  Engine engine(registry, config, dataset, comm, {}, {});
  engine.load(search.newest->state);
  TensorFile file = to_file(engine.model(), engine.averaged_model());
  file.metadata["run"] = run.id();
  // Where training has reached its end, this is the final model, byte for byte.
  if (search.newest->state.step < engine.course().total_steps)
    file.metadata["checkpoint"] = search.newest->name.text();
  return Found{tensor_file_bytes(file), search.newest->name.text()};
}

void publish(const fs::path& out, const std::string& bytes) {
  const fs::path temporary = write_unique_file(out, bytes);
  const bool won = link_exclusively(temporary, out);
  std::error_code ignored;
  fs::remove(temporary, ignored);
  if (!won) throw ConfigError(out.string() + " exists; name another file, or move it away");
}
}  // namespace

ExportedModel export_model(const Registry& registry, const RunConfig& config,
                           const ExportRequest& request) {
  const RunDirectory run(request.run_directory);
  const fs::path folder = fs::absolute(request.out).parent_path();
  if (fs::exists(request.out))
    throw ConfigError(request.out.string() + " exists; name another file, or move it away");
  if (!fs::is_directory(folder))
    throw ConfigError(folder.string() + " is no folder to write into; make it first");
  ExportedModel exported;
  std::optional<Found> found;
  if (!request.step) found = final_model(run, exported.notes);
  if (!found && !run.checkpoint_names().empty())
    found = model_at_checkpoint(registry, config, request, run, exported.notes);
  if (!found) {
    std::string why = request.step ? fmt::format("no good checkpoint of step {}", *request.step)
                                   : "no final model and no good checkpoint";
    for (const std::string& note : exported.notes) why += "; " + note;
    throw ConfigError(fmt::format("{}: {}; checkpoints that are there: {}", run.path().string(),
                                  why, known_steps(run)));
  }
  publish(fs::absolute(request.out), found->bytes);
  exported.source = found->source;
  exported.sha256 = sha256_hex(found->bytes);
  return exported;
}

}  // namespace lockstep
