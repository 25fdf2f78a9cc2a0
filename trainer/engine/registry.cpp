#include "trainer/engine/registry.hpp"

#include "trainer/nn/models.hpp"

namespace lockstep {

namespace {
ModelFactory cifar_resnet(int blocks_per_stage) {
  return [=](const RunConfig& config, const DatasetRow& data) {
    return make_cifar_resnet(blocks_per_stage, config, data);
  };
}

ModelFactory imagenet_resnet(BlockKind block, std::vector<int> blocks) {
  return [=](const RunConfig& config, const DatasetRow& data) {
    return make_imagenet_resnet(block, blocks, config, data);
  };
}
}  // namespace

Registry Registry::builtin() {
  return {Tables::builtin(),
          {{"plain", make_plain_outer},
           {"slow_momentum", make_slow_momentum},
           {"delayed_correction", make_delayed_correction}},
          {{"mlp", make_mlp},
           {"cnn", make_cnn},
           {"resnet8", cifar_resnet(1)},
           {"resnet20", cifar_resnet(3)},
           {"resnet56", cifar_resnet(9)},
           {"resnet18", imagenet_resnet(BlockKind::basic, {2, 2, 2, 2})},
           {"resnet50", imagenet_resnet(BlockKind::bottleneck, {3, 4, 6, 3})},
           {"resnet101", imagenet_resnet(BlockKind::bottleneck, {3, 4, 23, 3})}},
          {{"imagenet", load_packed},
           {"fashion-mnist", load_idx},
           {"mnist", load_idx},
           {"cifar10", load_cifar10},
           {"cifar100", load_cifar100},
           {"synthetic", make_synthetic},
           {"synthetic-cifar", make_synthetic_pictures},
           {"synthetic-imagenet", make_synthetic_pictures}}};
}

std::unique_ptr<Outer> Registry::make_outer(const RunConfig& config) const {
  return outers.at(tables.algorithm(config.text("algorithm"))->parts.outer)(config);
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
