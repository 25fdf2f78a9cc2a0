#include "sweeps/run/tables.hpp"

#include <algorithm>

namespace lockstep {

std::vector<Parameter> builtin_parameters();
std::vector<AlgorithmRow> builtin_algorithms();
std::vector<ModelRow> builtin_models();
std::vector<DatasetRow> builtin_datasets();

Tables Tables::builtin() {
  return {builtin_parameters(), builtin_algorithms(), builtin_models(), builtin_datasets()};
}

namespace {
template <typename Row>
const Row* find(const std::vector<Row>& rows, std::string_view name) {
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.name == name; });
  return row == rows.end() ? nullptr : &*row;
}

template <typename Row>
std::vector<std::string> names(const std::vector<Row>& rows) {
  std::vector<std::string> result;
  for (const Row& row : rows) result.push_back(row.name);
  return result;
}

/// Optimal string alignment distance: insertions, deletions, replacements, swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}
}  // namespace

const Parameter* Tables::parameter(std::string_view name) const { return find(parameters, name); }
const AlgorithmRow* Tables::algorithm(std::string_view name) const {
  return find(algorithms, name);
}
const ModelRow* Tables::model(std::string_view name) const { return find(models, name); }
const DatasetRow* Tables::dataset(std::string_view name) const { return find(datasets, name); }

std::vector<std::string> Tables::choices_of(const Parameter& parameter) const {
  if (parameter.name == "algorithm") return names(algorithms);
  if (parameter.name == "model") return names(models);
  if (parameter.name == "dataset") return names(datasets);
  return parameter.choices;
}

std::vector<std::string> folders_of(const DatasetRow& row) {
  std::vector<std::string> folders{row.name};
  folders.insert(folders.end(), row.folders.begin(), row.folders.end());
  return folders;
}

std::vector<std::string> places_of(const DatasetRow& row, const std::string& file) {
  std::vector<std::string> places;
  for (const std::string& folder : folders_of(row)) {
    places.push_back(folder + "/" + file);
    if (!row.packed) places.push_back(places.back() + ".gz");
  }
  return places;
}

std::string start_place(const std::string& sha256) { return "models/" + sha256 + ".safetensors"; }

std::optional<std::string> nearest(std::string_view text,
                                   const std::vector<std::string>& candidates) {
  // A third of the word may be wrong: "bach" finds "batch", "x" finds nothing.
  const std::size_t limit = std::max<std::size_t>(1, text.size() / 3);
  std::optional<std::string> best;
  std::size_t best_distance = limit + 1;
  for (const std::string& candidate : candidates) {
    const bool is_part = text.size() >= 4 && candidate.starts_with(text);
    const std::size_t distance = is_part ? limit : edit_distance(text, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace lockstep
