#include "trainer/engine/registry.hpp"

#include "trainer/nn/models.hpp"

namespace lockstep {

Registry Registry::builtin() {
  return {Tables::builtin(),
          {{"mlp", make_mlp}, {"cnn", make_cnn}, {"resnet8", make_resnet8}},
          {{"fashion-mnist", load_idx}, {"synthetic", make_synthetic}}};
}

std::unique_ptr<Model> Registry::make_model(const RunConfig& config) const {
  return models.at(config.text("model"))(config, *tables.dataset(config.text("dataset")));
}

Dataset Registry::load_dataset(const RunConfig& config,
                               const std::filesystem::path& data_folder) const {
  const std::string& name = config.text("dataset");
  return datasets.at(name)(*tables.dataset(name), config, data_folder);
}

}  // namespace lockstep
