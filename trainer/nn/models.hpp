// The models that lockstep ships: one factory per row of the model table.
#pragma once

#include <memory>

#include "sweeps/run/run_config.hpp"
#include "trainer/nn/model.hpp"

namespace lockstep {

std::unique_ptr<Model> make_mlp(const RunConfig& config, const DatasetRow& data);
std::unique_ptr<Model> make_cnn(const RunConfig& config, const DatasetRow& data);
std::unique_ptr<Model> make_resnet8(const RunConfig& config, const DatasetRow& data);

}  // namespace lockstep
