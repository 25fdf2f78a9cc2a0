#include "trainer/engine/data_shelf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>

namespace lockstep {

namespace {
// A study has one data set as a rule, or a few sizes of one.
constexpr std::size_t kKept = 2;

struct Shelf {
  struct Item {
    std::string key;
    Dataset dataset;
  };
  std::deque<Item> items;  // the newest first
};

/// The parameters of the run that this data set uses, as canonical JSON.
std::string parameters_of(const DatasetRow& row, const RunConfig& config) {
  std::vector<std::string> others;
  for (const auto& [name, value] : config.values()) {
    const bool used = std::find(row.uses.begin(), row.uses.end(), name) != row.uses.end();
    if (!used) others.push_back(name);
  }
  return config.canonical_json_without(others);
}

/// Name, size and time of the files that a loader may find.
std::string files_of(const DatasetRow& row, const std::filesystem::path& folder) {
  std::string found;
  for (const std::string& name : row.files) {
    for (const std::string& place : places_of(row, name)) {
      std::error_code missing;
      const auto path = folder / place;
      const auto bytes = std::filesystem::file_size(path, missing);
      if (missing) continue;
      const auto time = std::filesystem::last_write_time(path, missing);
      found += fmt::format(" {} {} {}", path.string(), bytes, time.time_since_epoch().count());
    }
  }
  return found;
}

std::string key_of(const DatasetRow& row, const RunConfig& config,
                   const std::filesystem::path& folder) {
  return fmt::format("{} {} {}{}", row.name, row.revision, parameters_of(row, config),
                     files_of(row, folder));
}
}  // namespace

Registry with_data_shelf(Registry registry) {
  const auto shelf = std::make_shared<Shelf>();  // shared by all factories
  for (auto& [name, factory] : registry.datasets) {
    factory = [shelf, load = factory](const DatasetRow& row, const RunConfig& config,
                                      const std::filesystem::path& folder) {
      const std::string key = key_of(row, config, folder);
      for (const Shelf::Item& item : shelf->items) {
        if (item.key == key) return item.dataset;
      }
      Dataset dataset = load(row, config, folder);
      shelf->items.push_front({key, dataset});
      if (shelf->items.size() > kKept) shelf->items.pop_back();
      return dataset;
    };
  }
  return registry;
}

}  // namespace lockstep
