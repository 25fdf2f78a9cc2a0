// Trains a ResNet-18 for a few steps and leaves in a folder: model.safetensors as the run wrote it,
// and probe.safetensors with pictures and the logits that the model in that file gives for them.
//   train_resnet18 FOLDER
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <filesystem>

#include "results/record/run_directory.hpp"
#include "sweeps/run/run_id.hpp"
#include "trainer/comm/metered.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/engine/attempt.hpp"
#include "trainer/engine/local_steps.hpp"
#include "trainer/engine/model_file.hpp"

namespace fs = std::filesystem;
using namespace lockstep;

namespace {
Registry small_registry() {
  Registry registry = Registry::builtin();
  for (DatasetRow& row : registry.tables.datasets) {
    if (row.name != "synthetic-cifar") continue;
    row.train_samples = 100;
    row.test_samples = 8;
    row.height = row.width = 65;  // odd, and more than one pixel in the last stage
  }
  return registry;
}

RunConfig config_of(const Registry& registry) {
  return resolve(registry.tables, {{"algorithm", std::string("local_sgd")},
                                   {"model", std::string("resnet18")},
                                   {"dataset", std::string("synthetic-cifar")},
                                   {"workers", std::int64_t{2}},
                                   {"batch_per_worker", std::int64_t{8}},
                                   {"steps", std::int64_t{6}},
                                   {"H", std::int64_t{3}}})
      .config;
}

/// Logits of the model in `file` for the test pictures.
TensorFile probe_of(const fs::path& file, const Registry& registry, const RunConfig& config) {
  const auto model = registry.make_model(config);
  const Dataset dataset = registry.load_dataset(config, {});
  const at::Tensor parameters = at::zeros({model->parameters().size()});
  const at::Tensor buffers = at::zeros({model->buffers().size()});
  fill_from(parse_tensor_file(read_file(file), file.string()), *model, parameters, buffers);
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < dataset.test.size(); ++i) all.push_back(i);
  const at::Tensor images = gather(dataset, dataset.test, all, false).images;
  const at::NoGradGuard no_grad;
  return {{{"images", images},
           {"logits", model->logits(view_weights(*model, parameters, buffers), images, {})}},
          {}};
}
}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: train_resnet18 FOLDER\n");
    return 2;
  }
  at::set_num_threads(1);
  const fs::path folder = argv[1];
  fs::remove_all(folder);
  const Registry registry = small_registry();
  const RunConfig config = config_of(registry);
  const fs::path run = folder / RunId::of(config).text();
  fs::create_directories(run);
  write_file_atomically(run / "config.json", config.canonical_json());
  MeteredCommunicator comm(make_self_communicator(2));
  AttemptOptions options;
  options.run_directory = run;
  options.token = "test";
  const auto exit =
      run_attempt(registry, config, options, {0, 1, [](int code) { std::_Exit(code); }}, comm);
  if (exit != TrainExit::done) return static_cast<int>(exit);
  fs::rename(run / "model.safetensors", folder / "model.safetensors");
  write_tensor_file(folder / "probe.safetensors",
                    probe_of(folder / "model.safetensors", registry, config));
  return 0;
}
