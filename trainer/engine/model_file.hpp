// A model as a file of named tensors: what leaves lockstep at the end of a run, and what a run may
// start from.
#pragma once

#include <filesystem>
#include <string>

#include "trainer/engine/evaluation.hpp"
#include "trainer/engine/safetensors.hpp"

namespace lockstep {

/// The tensors of `averaged` by the names of the layouts, parameters and statistics of BatchNorm.
TensorFile to_file(const Model& model, const AveragedModel& averaged);

/// The start of a run with this `init_from`, <data folder>/models/<init_from>.safetensors. Throws
/// DataError where it is missing, damaged or another file than it says.
TensorFile read_start(const std::string& init_from, const std::filesystem::path& data_folder);

/// Fills one row of parameters (model.parameters().size()) and one of buffers from `file`, by name,
/// whatever their type. Torch's counters `num_batches_tracked` are passed over. Throws ConfigError
/// naming every tensor that is missing, of another shape, or that the model does not have.
void fill_from(const TensorFile& file, const Model& model, const at::Tensor& parameters,
               const at::Tensor& buffers);

}  // namespace lockstep
