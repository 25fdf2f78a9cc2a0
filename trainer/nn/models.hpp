// The models that lockstep ships: one factory per row of the model table.
#pragma once

#include <memory>

#include "sweeps/run/run_config.hpp"
#include "trainer/nn/model.hpp"
#include "trainer/nn/residual_block.hpp"

namespace lockstep {

std::unique_ptr<Model> make_mlp(const RunConfig& config, const DatasetRow& data);
std::unique_ptr<Model> make_cnn(const RunConfig& config, const DatasetRow& data);
/// CIFAR ResNet of 6 blocks_per_stage + 2 layers.
std::unique_ptr<Model> make_cifar_resnet(int blocks_per_stage, const RunConfig& config,
                                         const DatasetRow& data);
/// ImageNet ResNet of four stages with so many `blocks`.
std::unique_ptr<Model> make_imagenet_resnet(BlockKind block, const std::vector<int>& blocks,
                                            const RunConfig& config, const DatasetRow& data);

}  // namespace lockstep
