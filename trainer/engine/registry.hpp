// Which code stands behind a row of the tables. A new model, data set or outer part of an algorithm
// is one line here; an algorithm of parts that are there needs none.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "trainer/data/dataset.hpp"
#include "trainer/nn/model.hpp"
#include "trainer/sync/outer.hpp"

namespace lockstep {

using OuterFactory = std::function<std::unique_ptr<Outer>(const RunConfig&)>;
using ModelFactory = std::function<std::unique_ptr<Model>(const RunConfig&, const DatasetRow&)>;
using DatasetFactory = std::function<Dataset(const DatasetRow&, const RunConfig&,
                                             const std::filesystem::path& data_folder)>;

/// Tables and factories together: what the trainer knows. A copy may be extended with rows of one's
/// own.
struct Registry {
  Tables tables;
  std::map<std::string, OuterFactory> outers;
  std::map<std::string, ModelFactory> models;
  std::map<std::string, DatasetFactory> datasets;

  static Registry builtin();

  std::unique_ptr<Outer> make_outer(const RunConfig& config) const;
  std::unique_ptr<Model> make_model(const RunConfig& config) const;
  Dataset load_dataset(const RunConfig& config, const std::filesystem::path& data_folder) const;
};

}  // namespace lockstep
