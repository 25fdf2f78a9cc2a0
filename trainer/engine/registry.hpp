// Which code stands behind a row of the tables. A new model or data set is one line here; an
// algorithm is composed from the parts its row names and needs none.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "trainer/data/dataset.hpp"
#include "trainer/nn/model.hpp"

namespace lockstep {

using ModelFactory = std::function<std::unique_ptr<Model>(const RunConfig&, const DatasetRow&)>;
using DatasetFactory = std::function<Dataset(const DatasetRow&, const RunConfig&,
                                             const std::filesystem::path& data_folder)>;

/// Tables and factories together: what the trainer knows. A copy may be extended with rows of one's
/// own.
struct Registry {
  Tables tables;
  std::map<std::string, ModelFactory> models;
  std::map<std::string, DatasetFactory> datasets;

  static Registry builtin();

  std::unique_ptr<Model> make_model(const RunConfig& config) const;
  Dataset load_dataset(const RunConfig& config, const std::filesystem::path& data_folder) const;
};

}  // namespace lockstep
